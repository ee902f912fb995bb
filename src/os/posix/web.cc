// SPDX-License-Identifier: Apache-2.0
//
// libcurl says which sockets to watch and when to be called back (curl_multi_socket_action(3)). It is not linked but
// loaded: with its forty libraries every start of the program would take twice as long.
#include "os/posix/web.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "os/posix/failure.h"
#include "os/posix/surroundings.h"

// Macros that would name the functions themselves.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

namespace verba::posix {

struct Curl {
  Curl();

  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_socket_action) multi_socket_action;
  decltype(&::curl_multi_info_read) multi_info_read;
  decltype(&::curl_multi_cleanup) multi_cleanup;
};

struct Transfer {
  WebRequestId id = 0;
  const Curl& curl;
  WebRequest request;
  std::function<void(WebAnswer)> answered;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  WebAnswer answer = {};
  bool too_large = false;
  char complaint[CURL_ERROR_SIZE] = {};

  ~Transfer() {
    if (easy != nullptr) curl.easy_cleanup(easy);
    curl.slist_free_all(headers);
  }
};

namespace {

[[noreturn]] void fail_to_load(const char* why) {
  throw Error(Error::Kind::system, "system.http", std::string("cannot load libcurl: ") + why,
              "install it; Debian's package is libcurl4");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  void* const found = ::dlsym(library, name);
  if (found == nullptr) fail_to_load(name);
  function = reinterpret_cast<Function>(found);
}

/// Not inherited by children, not even for a moment.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  std::string& body = transfer.answer.body;
  transfer.too_large = count > transfer.request.limit_bytes - body.size();
  if (transfer.too_large) return 0;
  body.append(bytes, count);
  return count;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* self) {
  Variables& headers = static_cast<Transfer*>(self)->answer.headers;
  std::string_view line(bytes, count);
  if (line.starts_with("HTTP/")) headers.clear();  // what came before was provisional, or a proxy's
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  line.remove_prefix(colon + 1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) line.remove_suffix(1);
  headers.emplace_back(std::move(name), line);
  return count;
}

bool has_header(const WebRequest& request, std::string_view wanted) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  return std::ranges::any_of(request.headers,
                             [&](const auto& header) { return std::ranges::equal(header.first, wanted, same); });
}

long milliseconds(Milliseconds length) {
  return static_cast<long>(std::clamp<std::int64_t>(length.count(), 1, 86'400'000));
}

}  // namespace

Curl::Curl() {
  void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) fail_to_load(::dlerror());
  find(library, "curl_global_init", global_init);
  find(library, "curl_easy_init", easy_init);
  find(library, "curl_easy_setopt", easy_setopt);
  find(library, "curl_easy_getinfo", easy_getinfo);
  find(library, "curl_easy_cleanup", easy_cleanup);
  find(library, "curl_easy_strerror", easy_strerror);
  find(library, "curl_slist_append", slist_append);
  find(library, "curl_slist_free_all", slist_free_all);
  find(library, "curl_multi_init", multi_init);
  find(library, "curl_multi_setopt", multi_setopt);
  find(library, "curl_multi_add_handle", multi_add_handle);
  find(library, "curl_multi_remove_handle", multi_remove_handle);
  find(library, "curl_multi_socket_action", multi_socket_action);
  find(library, "curl_multi_info_read", multi_info_read);
  find(library, "curl_multi_cleanup", multi_cleanup);
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) fail_to_load("it cannot be made ready");
}

Web::Web(Timers& timers) : timers_(timers), curl_(std::make_unique<Curl>()), sockets_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!sockets_) fail("system.http", "cannot watch connections", errno);
  multi_ = curl_->multi_init();
  curl_->multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Web::on_socket);
  curl_->multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_->multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Web::on_timer);
  curl_->multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Web::~Web() {
  for (const auto& [id, transfer] : transfers_) curl_->multi_remove_handle(multi_, transfer->easy);
  transfers_.clear();
  curl_->multi_cleanup(multi_);
  timers_.cancel(timer_);
}

WebRequestId Web::send(WebRequest request, std::function<void(WebAnswer)> answered) {
  const WebRequestId id = ++last_;
  auto made = std::unique_ptr<Transfer>(new Transfer{id, *curl_, std::move(request), std::move(answered)});
  Transfer& transfer = *transfers_.emplace(id, std::move(made)).first->second;
  set_up(transfer);
  curl_->multi_add_handle(multi_, transfer.easy);
  return id;
}

void Web::set_up(Transfer& transfer) {
  const WebRequest& request = transfer.request;
  CURL* const easy = transfer.easy = curl_->easy_init();
  const auto set = [&](CURLoption option, auto value) { curl_->easy_setopt(easy, option, value); };
  set(CURLOPT_PRIVATE, &transfer);
  set(CURLOPT_ERRORBUFFER, transfer.complaint);
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https,http");
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connect_timeout));
  set(CURLOPT_TIMEOUT_MS, milliseconds(request.timeout));
  if (!request.ca_file.empty()) set(CURLOPT_CAINFO, request.ca_file.c_str());
  if (request.direct) set(CURLOPT_NOPROXY, "*");
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  request.method == "HEAD" ? set(CURLOPT_NOBODY, 1L) : set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  const auto add = [&](const std::string& line) {
    transfer.headers = curl_->slist_append(transfer.headers, line.c_str());
  };
  // With nothing behind the colon a header is left out; with a semicolon in its place it is sent empty.
  for (const auto& [name, value] : request.headers) add(value.empty() ? name + ";" : name + ": " + value);
  for (const char* own : {"Expect", "Content-Type", "Accept"}) {
    if (!has_header(request, own)) add(std::string(own) + ":");
  }
  set(CURLOPT_HTTPHEADER, transfer.headers);
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, &transfer);
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, &transfer);
}

void Web::forget(WebRequestId id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  curl_->multi_remove_handle(multi_, found->second->easy);
  transfers_.erase(found);
}

int Web::on_socket(void*, int socket, int what, void* self, void*) {
  const int sockets = static_cast<Web*>(self)->sockets_.get();
  epoll_event event{};
  event.data.fd = socket;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(sockets, EPOLL_CTL_DEL, socket, nullptr);
  } else if (::epoll_ctl(sockets, EPOLL_CTL_MOD, socket, &event) != 0) {
    ::epoll_ctl(sockets, EPOLL_CTL_ADD, socket, &event);
  }
  return 0;
}

/// libcurl must not be called from here, not even when it is due at once.
int Web::on_timer(void*, long milliseconds, void* self) {
  Web& web = *static_cast<Web*>(self);
  web.timers_.cancel(std::exchange(web.timer_, 0));
  if (milliseconds >= 0) {
    web.timer_ = web.timers_.add(steady() + Milliseconds(milliseconds), [&web] { web.timed_out(); });
  }
  return 0;
}

void Web::timed_out() {
  timer_ = 0;
  int running = 0;
  curl_->multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  deliver();
}

void Web::ready() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(sockets_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    int what = 0;
    if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
    int running = 0;
    curl_->multi_socket_action(multi_, event.data.fd, what, &running);
  }
  deliver();
}

/// Whoever is answered may send and forget: one at a time is taken out, and only then told.
void Web::deliver() {
  int left = 0;
  while (const CURLMsg* message = curl_->multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode result = message->data.result;
    Transfer* transfer = nullptr;
    curl_->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    answer(*transfer, result);
  }
}

void Web::answer(Transfer& transfer, int result) {
  WebAnswer answer = std::move(transfer.answer);
  long number = 0;
  if (result == CURLE_OK) {
    curl_->easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &number);
    answer.status = static_cast<int>(number);
  } else {
    curl_->easy_getinfo(transfer.easy, CURLINFO_REQUEST_SIZE, &number);
    answer.sent = number > 0;
    answer.failure = transfer.too_large
                         ? "the answer is larger than " + std::to_string(transfer.request.limit_bytes) + " bytes"
                     : transfer.complaint[0] != '\0' ? transfer.complaint
                                                     : curl_->easy_strerror(static_cast<CURLcode>(result));
  }
  const auto answered = std::move(transfer.answered);
  forget(transfer.id);
  answered(std::move(answer));
}

}  // namespace verba::posix
