// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/zip_archive.h"

#define ZLIB_CONST
#include <zlib.h>

#include <cstdint>

#include "base/error.h"

namespace verba {
namespace {

constexpr std::string_view local_mark = "PK\x03\x04";
constexpr std::string_view central_mark = "PK\x01\x02";
constexpr std::string_view end_mark = "PK\x05\x06";
constexpr unsigned version_deflate = 20;
constexpr unsigned made_on_unix = 3 << 8 | version_deflate;
constexpr unsigned names_are_utf8 = 1 << 11;
constexpr unsigned method_deflate = 8;
constexpr unsigned first_date = 1 << 5 | 1;  // 1980-01-01
constexpr std::uint64_t too_large = 0xFFFFFFFF;
constexpr std::size_t too_many = 0xFFFF;
constexpr unsigned regular_file = 0100000;

[[noreturn]] void fail(const char* why) {
  throw Error(Error::Kind::system, "system.zip", std::string("an archive cannot be made: ") + why);
}

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>(value >> 8 & 0xFF);
}

void put32(std::string& out, std::uint64_t value) {
  put16(out, static_cast<unsigned>(value & 0xFFFF));
  put16(out, static_cast<unsigned>(value >> 16 & 0xFFFF));
}

/// Raw: without the frame of zlib's own format.
std::string deflated(std::string_view content) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    fail("zlib does not begin");
  }
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) fail("zlib does not come to an end");
  return out;
}

/// What stands both before a file and in the directory at the end.
std::string description_of(const ZipEntry& entry, std::size_t packed_bytes) {
  std::string out;
  put16(out, version_deflate);
  put16(out, names_are_utf8);
  put16(out, method_deflate);
  put16(out, 0);  // at midnight
  put16(out, first_date);
  put32(out, crc32_z(0, reinterpret_cast<const Bytef*>(entry.content.data()), entry.content.size()));
  put32(out, packed_bytes);
  put32(out, entry.content.size());
  put16(out, static_cast<unsigned>(entry.name.size()));
  put16(out, 0);  // nothing more
  return out;
}

}  // namespace

std::string zip_archive(const std::vector<ZipEntry>& entries) {
  if (entries.size() >= too_many) fail("it has too many files");
  std::string out;
  std::string directory;
  for (const ZipEntry& entry : entries) {
    if (entry.content.size() >= too_large || out.size() >= too_large) fail("it is too large");
    if (entry.name.size() > 0xFFFF) fail("a name is too long");
    const std::string packed = deflated(entry.content);
    const std::string description = description_of(entry, packed.size());
    directory.append(central_mark);
    put16(directory, made_on_unix);
    directory.append(description);
    put16(directory, 0);  // no comment
    put16(directory, 0);  // on the first disk
    put16(directory, 0);  // nothing known of what is inside
    put32(directory, std::uint64_t{regular_file | (entry.executable ? 0755U : 0644U)} << 16);
    put32(directory, out.size());
    directory.append(entry.name);
    out.append(local_mark).append(description).append(entry.name).append(packed);
  }
  const std::size_t begin = out.size();
  if (begin + directory.size() >= too_large) fail("it is too large");
  out += directory;
  out.append(end_mark);
  put32(out, 0);  // on the first disk
  for (int i = 0; i < 2; ++i) put16(out, static_cast<unsigned>(entries.size()));
  put32(out, directory.size());
  put32(out, begin);
  put16(out, 0);  // no comment
  return out;
}

bool is_zip(std::string_view content) {
  return content.starts_with(local_mark) || content.starts_with(end_mark);
}

}  // namespace verba
