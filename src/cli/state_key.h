// SPDX-License-Identifier: Apache-2.0
// Where the key of a state comes from: 64 hexadecimal digits, from the first of these that is set: VERBA_STATE_KEY (the
// digits), VERBA_STATE_KEY_COMMAND (its output), VERBA_STATE_KEY_FILE (a path), the file `key` beside the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/system.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

struct KeySource {
  enum class Kind { variable, command, file } kind = Kind::file;
  std::string text;  ///< the command line, or the path
};
KeySource key_source(System&, const std::string& state_path);
std::string to_string(const KeySource&);  ///< for messages; never the key

/// The 32 bytes. Nothing: there is no such file. Throws Error(state) "state.key" when it is no key, or the command
/// fails. A command without shell syntax is run without a shell.
std::optional<std::string> read_key(System&, const KeySource&);
void write_key(System&, const std::string& path, std::string_view key);

/// Manifests never see these.
bool is_key_variable(std::string_view name);

/// What tells one key from another and gives neither away.
std::string key_id(const Sealer&);
/// The id of the key that the state got last by `state rekey`; "" when it never did.
std::string current_key_id(Store&);
/// Throws Error(state) "state.rekeyed" when the state has another key by now.
void require_current_key(Store&, const Sealer&);

/// Where the key that is to come waits while a state is sealed anew: beside the one it replaces.
std::string coming_key_path(const std::string& path);
/// Removes what processes that were killed while they wrote the key of that path left beside it: it holds a key.
/// REQUIRES: nobody else writes it now, on another host either.
void remove_unfinished_keys(System&, const std::string& path);
/// A rekey may have been killed when the state was sealed anew and its file was not changed yet: then the key that
/// waits is the right one, and is returned. `key` otherwise.
std::string settled_key(System&, Store&, const std::string& path, std::string key);

}  // namespace verba
