// SPDX-License-Identifier: Apache-2.0
// A program of its own that verba carries in itself (os/ssh/carried_client.h). It has one command run over an open
// connection of OpenSSH, by the protocol between ssh and its master (PROTOCOL.mux of OpenSSH, version 4). That is what
// `ssh -S SOCKET` does, too, but starting ssh costs more than all else about a short command.
//
//   session_client ssh -S SOCKET ... COMMAND
//
// The three standard streams become those of COMMAND, and its exit code becomes ours. The words after our own name are
// the command line of ssh that does the same; it takes our place where the master does not speak as we do. As from ssh,
// 255 may mean that no end was seen. 254, without anything from the command, says that nothing was begun.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace {

constexpr std::uint32_t hello = 1;
constexpr std::uint32_t protocol_version = 4;
constexpr std::uint32_t new_session = 0x10000002;
constexpr std::uint32_t permission_denied = 0x80000002;
constexpr std::uint32_t failure = 0x80000003;
constexpr std::uint32_t exit_message = 0x80000004;
constexpr std::uint32_t no_escape_character = 0xffffffff;
constexpr int end_not_seen = 255;
constexpr int nothing_begun = 254;

/// Numbers and texts as they lie in a message: big-endian, a text after its length.
class Message {
 public:
  bool fits(std::size_t more) const { return bytes_.size() - size_ >= more; }
  void number(std::uint32_t value) {
    value = ::htonl(value);
    std::memcpy(bytes_.data() + size_, &value, sizeof value);
    size_ += sizeof value;
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    std::memcpy(bytes_.data() + size_, value.data(), value.size());
    size_ += value.size();
  }
  /// The number that stands `at` so many bytes; 0 when nothing does.
  std::uint32_t number_at(std::size_t at) const {
    std::uint32_t value = 0;
    if (at + sizeof value <= size_) std::memcpy(&value, bytes_.data() + at, sizeof value);
    return ::ntohl(value);
  }
  std::string_view text_at(std::size_t at) const {
    const std::size_t length = number_at(at);
    if (at + 4 > size_ || length > size_ - at - 4) return {};
    return {bytes_.data() + at + 4, length};
  }

  bool send(int socket) {
    const std::uint32_t length = ::htonl(static_cast<std::uint32_t>(size_));
    return write(socket, reinterpret_cast<const char*>(&length), sizeof length) && write(socket, bytes_.data(), size_);
  }
  /// False at the end of the connection.
  bool receive(int socket) {
    std::uint32_t length = 0;
    if (!read(socket, reinterpret_cast<char*>(&length), sizeof length)) return false;
    size_ = ::ntohl(length);
    return size_ <= bytes_.size() && read(socket, bytes_.data(), size_);
  }

 private:
  static bool write(int socket, const char* from, std::size_t left) {
    while (left > 0) {
      const ssize_t n = ::send(socket, from, left, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      from += n;
      left -= static_cast<std::size_t>(n);
    }
    return true;
  }
  static bool read(int socket, char* to, std::size_t left) {
    while (left > 0) {
      const ssize_t n = ::read(socket, to, left);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      to += n;
      left -= static_cast<std::size_t>(n);
    }
    return true;
  }

  std::array<char, std::size_t{64} << 10> bytes_;
  std::size_t size_ = 0;
};

int say(std::string_view what, std::string_view why) {
  for (const std::string_view text : {what, why, std::string_view("\n")}) {
    if (::write(2, text.data(), text.size()) < 0) break;
  }
  return nothing_begun;
}

/// The master takes each as its own copy.
bool send_descriptor(int socket, int descriptor) {
  char one = 0;
  iovec content{&one, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == 1;
}

/// No terminal, no forwarding, no variables: nothing but the command.
bool ask_for_session(int socket, std::string_view command) {
  Message request;
  request.number(new_session);
  request.number(0);  // of the request; there is one
  request.text("");
  for (int wanted = 0; wanted < 4; ++wanted) request.number(0);  // terminal, X11, agent, subsystem
  request.number(no_escape_character);
  request.text("");
  request.text(command);
  if (!request.send(socket)) return false;
  return send_descriptor(socket, 0) && send_descriptor(socket, 1) && send_descriptor(socket, 2);
}

/// Nothing: ssh has to do it.
std::optional<int> run(const char* path, std::string_view command) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  static Message message;
  if (std::strlen(path) >= sizeof address.sun_path || !message.fits(command.size() + 64)) return std::nullopt;
  std::strcpy(address.sun_path, path);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return std::nullopt;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return say("the connection is gone: ", std::strerror(errno));
  }
  message.number(hello);
  message.number(protocol_version);
  if (!message.send(socket) || !message.receive(socket)) return say("the connection is gone", "");
  if (message.number_at(0) != hello || message.number_at(4) != protocol_version) return std::nullopt;
  if (!ask_for_session(socket, command)) return end_not_seen;
  int code = end_not_seen;
  while (message.receive(socket)) {
    const std::uint32_t what = message.number_at(0);
    if (what == failure || what == permission_denied) return say(message.text_at(8), "");
    if (what == exit_message) code = static_cast<int>(message.number_at(8) & 255);
  }
  return code;  // the master lets go when all that the command printed is written
}

}  // namespace

int main(int count, char** words) {
  const char* path = nullptr;
  for (int i = 1; i + 1 < count && path == nullptr; ++i) {
    if (std::string_view(words[i]) == "-S") path = words[i + 1];
  }
  if (path == nullptr) return say("usage: session_client ssh -S SOCKET ... COMMAND", "");
  const std::optional<int> code = run(path, words[count - 1]);
  if (code) return *code;
  ::execvp(words[1], words + 1);
  return say("cannot start ssh: ", std::strerror(errno));
}
