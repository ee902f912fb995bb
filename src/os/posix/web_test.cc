// SPDX-License-Identifier: Apache-2.0
#include "os/web.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "os/posix/posix_system.h"

namespace verba {
namespace {

/// A server on a port of this machine, for one connection at a time. It sends `answer` to each request; an empty one
/// closes the connection.
class Server {
 public:
  explicit Server(std::string answer) : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_, 64), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(socket_, SHUT_RDWR);
    ::close(socket_);
    thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// What came, as it came.
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string url;
  std::atomic<int> connections = 0;

 private:
  void serve() {
    for (int client = 0; (client = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(client)) {
      ++connections;
      while (const auto request = receive(client)) {
        {
          const std::lock_guard lock(mutex_);
          requests_.push_back(*request);
        }
        if (!answer_.empty()) ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
        if (answer_.empty() || request->find("Connection: close") != std::string::npos) break;
      }
    }
  }

  static std::optional<std::string> receive(int client) {
    std::string text;
    char bytes[4096];
    for (;;) {
      const std::size_t end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t length = text.find("Content-Length: ");
        const std::size_t body = length < end ? std::stoul(text.substr(length + 16)) : 0;
        if (text.size() >= end + 4 + body) return text;
      }
      const ssize_t n = ::recv(client, bytes, sizeof bytes, 0);
      if (n <= 0) return std::nullopt;
      text.append(bytes, static_cast<std::size_t>(n));
    }
  }

  std::string answer_;
  int socket_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

WebAnswer answer_to(System& system, WebRequest request) {
  Stop never;
  request.direct = true;
  return wait_for(system, ask(system, std::move(request), never)).value();
}

TEST(Web, SendsWhatItIsGivenAndNoMore) {
  Server server("HTTP/1.1 201 Made\r\nX-Name:  a value \r\nContent-Length: 2\r\n\r\nok");
  const auto system = make_posix_system();
  const WebAnswer answer = answer_to(
      *system, {.method = "PUT", .url = server.url + "/a/../b%2Fc?x=1", .headers = {{"X-Empty", ""}}, .body = "hello"});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "ok");
  EXPECT_EQ(answer.header("x-name"), "a value");
  const std::string host = server.url.substr(7);
  EXPECT_EQ(server.requests().at(0),
            "PUT /a/../b%2Fc?x=1 HTTP/1.1\r\nHost: " + host + "\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello");
}

TEST(Web, KeepsItsConnections) {
  Server server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const auto system = make_posix_system();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(answer_to(*system, {.url = server.url}).status, 200);
  EXPECT_EQ(server.connections, 1);
}

TEST(Web, FollowsNoRedirect) {
  Server server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  const auto system = make_posix_system();
  EXPECT_EQ(answer_to(*system, {.url = server.url}).status, 302);
}

TEST(Web, TellsWhetherTheServerMayHaveIt) {
  const auto system = make_posix_system();
  WebAnswer answer = answer_to(*system, {.url = "http://127.0.0.1:1/"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.sent);
  EXPECT_NE(answer.failure.find("127.0.0.1"), std::string::npos) << answer.failure;
  Server mute("");
  answer = answer_to(*system, {.method = "POST", .url = mute.url, .body = "x"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.sent);
  EXPECT_NE(answer.failure, "");
}

TEST(Web, RefusesMoreThanItsLimitAndOtherProtocols) {
  Server server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const auto system = make_posix_system();
  EXPECT_EQ(answer_to(*system, {.url = server.url, .limit_bytes = 5}).body, "hello");
  const WebAnswer answer = answer_to(*system, {.url = server.url, .limit_bytes = 4});
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.failure, "the answer is larger than 4 bytes");
  EXPECT_EQ(answer_to(*system, {.url = "file:///etc/hostname"}).status, 0);
}

TEST(Web, EndsAtItsTimeoutAndWhenStopped) {
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::listen(silent, 5), 0);  // takes connections, answers none
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size);
  const WebRequest request{.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)),
                           .direct = true,
                           .timeout = Milliseconds(50)};
  const auto system = make_posix_system();
  const WebAnswer answer = answer_to(*system, request);
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.sent);
  WebRequest patient = request;
  patient.timeout = Milliseconds(60'000);
  Stop stop;
  system->after(Milliseconds(20), [&stop] { stop.request(); });
  EXPECT_EQ(wait_for(*system, ask(*system, patient, stop)), std::nullopt);
  ::close(silent);
}

TEST(Web, ManyAreUnderWayAtOnceWhileChildrenRun) {
  Server server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const auto system = make_posix_system();
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    system->send({.url = server.url, .headers = {{"Connection", "close"}}, .direct = true},
                 [&](const WebAnswer& answer) {
                   EXPECT_EQ(answer.body, "ok") << answer.failure;
                   ++answered;
                 });
  }
  const WebRequestId unwanted = system->send({.url = server.url, .direct = true}, [](const WebAnswer&) { FAIL(); });
  system->forget(unwanted);
  bool exited = false;
  system->start({.argv = {"/bin/true"}}, {.output = {}, .exited = [&](ExitStatus) { exited = true; }});
  while (answered < 20 || !exited) system->poll();
  EXPECT_EQ(answered, 20);
}

}  // namespace
}  // namespace verba
