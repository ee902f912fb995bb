// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/digest.h"
#include "base/error.h"
#include "os/curl.h"
#include "os/process.h"

namespace verba {
namespace {

constexpr Milliseconds download_limit{5 * 60'000};
constexpr std::size_t complaint_bytes = 4096;
constexpr int tries = 4;

std::string configuration_of(const Origin& origin) {
  const bool secure = origin.address.starts_with("https://");
  std::string text;
  text += "url = " + quoted_for_curl(origin.address) + "\n";
  text += "silent\nshow-error\nfail\nlocation\ngloboff\ncompressed\n";
  text +=
      secure ? "proto = \"=https\"\nproto-redir = \"=https\"\n" : "proto = \"=http\"\nproto-redir = \"=http,https\"\n";
  // What is in our headers is for nobody else than who we were told to ask.
  text += fmt::format("max-redirs = {}\n", origin.headers.empty() ? 10 : 0);
  text += "connect-timeout = 20\nmax-time = 120\nspeed-limit = 100\nspeed-time = 30\n";
  text += fmt::format("max-filesize = {}\n", download_limit_bytes);
  for (const auto& [name, value] : origin.headers) text += "header = " + quoted_for_curl(name + ": " + value) + "\n";
  if (!origin.user.empty() || !origin.password.empty()) {
    text += "user = " + quoted_for_curl(origin.user + ":" + origin.password) + "\n";
  }
  if (!origin.verify_tls) text += "insecure\n";
  return text;
}

std::string_view hint_of(int code, std::string_view complaint) {
  if (complaint.find("does not match target host") != std::string_view::npos) {
    return "the certificate is for another name: use the name that it is for";
  }
  switch (code) {
    case 6:
      return "check the host's name and the network";
    case 22:
      return "check the address, and whether you may read it";
    case 35:
    case 60:
      return "the server's certificate is not trusted here: add its CA to this machine, or name it by CURL_CA_BUNDLE";
    case 47:
      return "name the address that it leads to in the end; headers are not carried to another one";
    case 1:
      return "a redirect led to something else than http(s), or away from https";
    default:
      return "check the address and the network";
  }
}

/// How one try went.
struct Try {
  Finished finished;
  std::string complaint;  ///< curl's last words
  bool too_large = false;
};

Async<Try> ask_once(System& system, Origin origin) {
  Command command;
  command.argv = {"curl", "--disable", "--config", "-"};
  command.environment = operators_environment(system);
  command.input = configuration_of(origin);
  Try result;
  RunOptions options;
  options.timeout = download_limit;
  options.capture_bytes = download_limit_bytes;
  Stop stop;
  std::string complaint;
  std::uint64_t came_bytes = 0;
  options.sink = [&](Stream stream, std::string_view bytes) {
    if (stream == Stream::error && complaint.size() < complaint_bytes) complaint += bytes;
    if (stream == Stream::output) came_bytes += bytes.size();
    if (came_bytes > download_limit_bytes) stop.request();
  };
  Async<Finished> work = run(system, std::move(command), stop, std::move(options));
  result.finished = co_await work;
  result.complaint = essence_of(complaint);
  result.too_large = came_bytes > download_limit_bytes || result.finished.status.code == 63;
  co_return std::move(result);
}

/// What may be better in a second.
bool is_passing(const Try& tried) {
  static constexpr std::array<int, 7> codes = {7, 18, 28, 52, 55, 56, 92};
  if (tried.finished.status.code == 22) {
    for (const std::string_view words : {"error: 429", "error: 500", "error: 502", "error: 503", "error: 504"}) {
      if (tried.complaint.find(words) != std::string::npos) return true;
    }
  }
  return !tried.too_large && std::ranges::find(codes, tried.finished.status.code) != codes.end();
}

/// Where the fault is not in what was asked for.
bool is_unreachable(const Try& tried) {
  const int code = tried.finished.status.code;
  return is_passing(tried) || code == 5 || code == 6;  // no such name: of a proxy, of a host
}

/// One for each address and who asks for it; `cache`: that of the repositories.
std::string kept_file(const std::string& cache, const Origin& origin) {
  std::string question = origin.address + (origin.verify_tls ? "\n" : "\nunverified\n") + origin.user + "\n";
  for (const auto& [name, value] : origin.headers) question += name + "\n";
  return cache.substr(0, cache.rfind('/')) + "/url/" + sha256(question).hex();
}

std::optional<std::string> read_kept(System& system, const std::string& path) {
  if (path.empty()) return std::nullopt;
  return system.read_file(path, download_limit_bytes);
}

/// A cache that cannot be written is none.
void keep(System& system, const std::string& path, const std::string& text) {
  if (path.empty()) return;
  try {
    system.make_directories(path.substr(0, path.rfind('/')), 0700);
    system.write_file(path, text, 0600);
  } catch (const Error&) {
  }
}

}  // namespace

Async<std::string> download(System& system, Origin origin, FetchSettings settings) {
  const std::string where = shown(origin);
  const std::string kept = settings.cache.empty() ? std::string() : kept_file(settings.cache, origin);
  const bool may_serve = settings.offline || !origin.sha256.empty();
  if (std::optional<std::string> text = may_serve ? read_kept(system, kept) : std::nullopt) {
    if (origin.sha256.empty() || sha256(*text).hex() == origin.sha256) co_return std::move(*text);
  }
  if (settings.offline) {
    throw_location(fmt::format("'{}' has not been fetched before", where), "run it once without --offline");
  }
  Try last;
  for (int number = 1; number <= tries; ++number) {
    Async<Try> asking = ask_once(system, origin);
    last = co_await asking;
    if (last.finished.why != Ended::itself || !is_passing(last) || number == tries) break;
    Stop never;
    Async<bool> pause = sleep(system, Milliseconds(250) * number * number, never);
    co_await pause;
  }
  const Finished& finished = last.finished;
  if (last.too_large) throw_location(fmt::format("'{}' is larger than 64 MiB", where), "split it into several files");
  if (finished.why == Ended::timeout) throw_unreachable(fmt::format("'{}' takes too long", where), "check the network");
  if (!finished.status.success()) {
    if (last.complaint.empty()) last.complaint = fmt::format("exit code {} of curl", finished.status.code);
    std::string message = fmt::format("'{}' cannot be fetched: {}", where, last.complaint);
    std::string hint(hint_of(finished.status.code, last.complaint));
    if (is_unreachable(last)) throw_unreachable(std::move(message), std::move(hint));
    throw_location(std::move(message), std::move(hint));
  }
  const std::string digest = sha256(finished.output).hex();
  if (!origin.sha256.empty() && digest != origin.sha256) {
    throw_location(fmt::format("'{}' is not what its checksum says: it came to sha256:{}", where, digest),
                   "look at what changed there before you change the checksum");
  }
  keep(system, kept, finished.output);
  co_return std::move(last.finished.output);
}

}  // namespace verba
