// SPDX-License-Identifier: Apache-2.0
// What a location says: where manifests come from, taken apart and checked before anything acts on it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/where.h"

namespace verba {

/// One place that manifests come from. Plain value; the credentials in it go to nobody but the tool that fetches.
struct Origin {
  enum class Kind : std::uint8_t { local, git, url } kind = Kind::local;
  enum class Ref : std::uint8_t { head, any, branch, tag, commit } ref_kind = Ref::head;

  std::string address;    ///< a path, the URL of a repository or of a file; no credentials in it
  std::string user = {};  ///< out of an http(s) URL
  std::string password = {};
  std::string ref = {};        ///< name of a branch or tag, or all digits of a commit
  std::string directory = {};  ///< in the repository: a file or a directory, "" is its root; never leads out
  std::string include = {};    ///< the files a directory or repository is read for; "" is: *.yaml, *.yml, *.json
  /// Files and directories in the repository: no others are fetched, besides `directory`. Empty: all.
  std::vector<std::string> sparse = {};
  bool submodules = false;           ///< their commits are fetched too, into their places
  bool lfs = false;                  ///< what Git LFS keeps of it is fetched too
  bool of_alpha = false;             ///< a manifest of v1-alpha named it
  std::string ssh_key = {};          ///< path of the private key to use
  std::string allowed_signers = {};  ///< path of a file as ssh-keygen(1) reads it: the commit must be signed by one
  std::string sha256 = {};           ///< what the file must come to, in hexadecimal; "" is anything
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool verify_tls = true;
  Where where = {};                            ///< where it is written, if in a manifest
  Where include_where = {};                    ///< where `include` is, if in a manifest
  std::vector<std::string> environments = {};  ///< what it brings is in scope in these only; empty: all
  std::vector<std::string> via = {};           ///< names of the manifests that led here, outermost first
};

/// Why a text is no location, or why what it names cannot be had.
struct BadLocation {
  std::string message;
  std::string hint;
  bool unreachable = false;  ///< no mistake of the text: a network, a server, a disk
};

/// Takes apart what may stand after -f: a path, or "-" for standard input; git::URL, a URL that ends in .git, ssh://,
/// git://, USER@HOST:PATH, with
/// //DIRECTORY and ?ref=, ?branch=, ?tag= or ?commit=, ?sparse=PATH,PATH, ?submodules=true and ?lfs=true; file:// (Git,
/// unless it is said to be a file by its name); http(s):// of one file, with ?checksum=sha256:HEX. Also the older form
/// URL%00branch%3DX%00relative_start_directory%3D/Y. Refuses all that a tool could take for an option or for something
/// else than an address.
std::variant<Origin, BadLocation> parse_location(std::string_view text);

/// Whether the text names something that has to be fetched.
bool is_remote_location(std::string_view text);

/// The checks of parse_location() for an origin that was put together from fields. Nothing when it is sound.
std::variant<Origin, BadLocation> checked(Origin);

/// Throws Error(manifest) "manifest.location".
[[noreturn]] void throw_location(std::string message, std::string hint);
/// Of what may be there another time. Throws Error(system) of this code.
inline constexpr std::string_view unreachable_location = "location.unreachable";
[[noreturn]] void throw_unreachable(std::string message, std::string hint);

/// For people and records: no user, no password, no query of a file's URL.
std::string shown(const Origin&);

/// A text without the credentials of the URLs in it.
std::string without_credentials(std::string_view text);

}  // namespace verba
