// SPDX-License-Identifier: Apache-2.0
#include "os/posix/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/error.h"
#include "os/posix/failure.h"
#include "os/posix/fd.h"

namespace verba::posix {

void fail(std::string_view code, const std::string& doing, int error_number) {
  throw Error(Error::Kind::system, code, fmt::format("{}: {}", doing, std::strerror(error_number)));
}

namespace {

bool is_absent(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR || error_number == ESRCH;  // the last: below /proc
}

[[noreturn]] void fail_too_large(const std::string& path, std::uint64_t limit_bytes) {
  throw Error(Error::Kind::system, "system.file-too-large",
              fmt::format("'{}' is larger than {} bytes", path, limit_bytes));
}

std::optional<Fd> open_to_read(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return fd;
  if (is_absent(errno)) return std::nullopt;
  fail("system.read-file", fmt::format("cannot read '{}'", path), errno);
}

/// Reads to the end, whatever the size was said to be: files of /proc say 0, and a file may grow meanwhile.
std::string read_all(int fd, const std::string& path, std::size_t expected_bytes, std::uint64_t limit_bytes) {
  std::string content;
  std::size_t used = 0;
  content.resize(expected_bytes + 1);  // one more, so that a file of the expected size ends without a second buffer
  for (;;) {
    const ssize_t n = ::read(fd, content.data() + used, content.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || (n < 0 && is_absent(errno))) break;  // the latter: a process that has just ended
    if (n < 0) fail("system.read-file", fmt::format("cannot read '{}'", path), errno);
    used += static_cast<std::size_t>(n);
    if (used > limit_bytes) fail_too_large(path, limit_bytes);
    if (used == content.size()) content.resize(std::max<std::size_t>(4096, used * 2));
  }
  content.resize(used);
  return content;
}

void write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("system.write-file", fmt::format("cannot write '{}'", path), errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// A file that is deleted again unless it was moved to its place.
class Temporary {
 public:
  Temporary(const std::string& target, unsigned mode) : target_(target) {
    for (int number = 0;; ++number) {
      path_ = fmt::format("{}.{}-{}.tmp", target, ::getpid(), number);
      fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
      if (fd_) return;
      const int error_number = errno;
      if (error_number != EEXIST || number == 1000) {
        fail("system.write-file", fmt::format("cannot write '{}'", target), error_number);
      }
    }
  }
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  int fd() const { return fd_.get(); }
  void move_into_place() {
    if (::fsync(fd_.get()) != 0) fail("system.write-file", fmt::format("cannot write '{}'", target_), errno);
    if (::rename(path_.c_str(), target_.c_str()) != 0) {
      fail("system.write-file", fmt::format("cannot write '{}'", target_), errno);
    }
    path_.clear();
  }

 private:
  const std::string& target_;
  std::string path_;
  Fd fd_;
};

DirectoryEntry::Kind kind_from(mode_t mode) {
  if (S_ISREG(mode)) return DirectoryEntry::Kind::file;
  return S_ISDIR(mode) ? DirectoryEntry::Kind::directory : DirectoryEntry::Kind::other;
}

DirectoryEntry::Kind entry_kind(int directory, const dirent& entry) {
  if (entry.d_type == DT_REG) return DirectoryEntry::Kind::file;
  if (entry.d_type == DT_DIR) return DirectoryEntry::Kind::directory;
  struct stat status {};
  if (::fstatat(directory, entry.d_name, &status, 0) != 0) return DirectoryEntry::Kind::other;  // a dangling link
  return kind_from(status.st_mode);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::uint64_t limit_bytes) {
  const std::optional<Fd> fd = open_to_read(path);
  if (!fd) return std::nullopt;
  struct stat status {};
  if (::fstat(fd->get(), &status) != 0) fail("system.read-file", fmt::format("cannot read '{}'", path), errno);
  const auto size = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
  if (S_ISREG(status.st_mode) && size > limit_bytes) fail_too_large(path, limit_bytes);
  return read_all(fd->get(), path, S_ISREG(status.st_mode) ? static_cast<std::size_t>(size) : 0, limit_bytes);
}

std::optional<std::string> read_part(const std::string& path, std::uint64_t offset, std::size_t count) {
  const std::optional<Fd> fd = open_to_read(path);
  if (!fd) return std::nullopt;
  std::string part;
  part.resize(count);
  std::size_t used = 0;
  while (used < count) {
    const ssize_t n = ::pread(fd->get(), part.data() + used, count - used, static_cast<off_t>(offset + used));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("system.read-file", fmt::format("cannot read '{}'", path), errno);
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  part.resize(used);
  return part;
}

void write_file(const std::string& path, std::string_view content, unsigned mode) {
  Temporary temporary(path, mode);
  write_all(temporary.fd(), content, path);
  temporary.move_into_place();
  // The new name is durable only when its directory is. Some file systems refuse this; the data is safe all the same.
  const Fd directory(::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
}

std::optional<std::vector<DirectoryEntry>> list_directory(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) {
    if (is_absent(errno)) return std::nullopt;
    fail("system.list-directory", fmt::format("cannot list '{}'", path), errno);
  }
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    entries.push_back({std::string(name), entry_kind(::dirfd(directory.get()), *entry)});
  }
  if (errno != 0) fail("system.list-directory", fmt::format("cannot list '{}'", path), errno);
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

std::optional<DirectoryEntry::Kind> kind_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return kind_from(status.st_mode);
  if (is_absent(errno)) return std::nullopt;
  fail("system.kind-of", fmt::format("cannot look at '{}'", path), errno);
}

bool is_own(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && status.st_uid == ::geteuid();
}

bool is_executable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return S_ISREG(status.st_mode) && (status.st_mode & S_IXUSR) != 0;
  if (is_absent(errno)) return false;
  fail("system.kind-of", fmt::format("cannot look at '{}'", path), errno);
}

void make_directories(const std::string& path, unsigned mode) {
  for (std::size_t end = 1; end <= path.size(); ++end) {
    if (end < path.size() && path[end] != '/') continue;
    const std::string prefix = path.substr(0, end);
    if (::mkdir(prefix.c_str(), mode) == 0) continue;
    const int error_number = errno;  // a parent that we may not write to is no obstacle when it is there
    if (kind_of(prefix) == DirectoryEntry::Kind::directory) continue;
    fail("system.make-directories", fmt::format("cannot make directory '{}'", prefix), error_number);
  }
}

void empty(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && status.st_size == 0) return;
  if (::truncate(path.c_str(), 0) == 0 || is_absent(errno)) return;
  fail("system.empty", fmt::format("cannot empty '{}'", path), errno);
}

/// The library gives up at an entry that its owner removes at the same time: then it is done again.
void remove(const std::string& path) {
  std::error_code error;
  for (int attempts = 0; attempts < 100; ++attempts) {
    std::filesystem::remove_all(path, error);
    if (error != std::errc::no_such_file_or_directory && error != std::errc::directory_not_empty) break;
  }
  if (error && !is_absent(error.value())) {
    fail("system.remove", fmt::format("cannot remove '{}'", path), error.value());
  }
}

std::string absolute(const std::string& path) {
  std::error_code error;
  std::filesystem::path full = std::filesystem::absolute(path.empty() ? "." : path, error);
  if (!error) full = std::filesystem::weakly_canonical(full, error);
  if (error) fail("system.absolute", fmt::format("cannot resolve '{}'", path), error.value());
  std::string text = full.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace verba::posix
