// SPDX-License-Identifier: Apache-2.0
// What manifests of v1-alpha write in another shape than verbacratis/v1. (That a field has another name there is said
// in its own row: Field::alpha.)
#pragma once

#include <string_view>
#include <vector>

#include "value/value.h"

namespace verba {

/// Is there a manifest of v1-alpha in the text, as far as can be seen without reading it?
bool mentions_alpha(std::string_view text);

/// Is it the root of a document with `apiVersion: v1-alpha`? There the words of its head may be written in upper and
/// lower case, and so may the kind Project: from here on they are as everywhere.
bool is_alpha(Value& root);

/// Turns the root of a document with `apiVersion: v1-alpha` into what is checked, and gives further documents that were
/// a part of it. All keep their places.
/// - `authentication: {authenticationReference: NAME, type: KIND}` is NAME.
/// - A Project that says itself where its manifests are (`locations` as a list of {reference, include_file_regex}, or
/// as
///   {files, directories, urls} beside `includeFileRegex`, each a list of texts or of {path, type}) names locations
///   that are given as documents of their own.
/// - ${{EnvironmentVariables:computed:NAME}}, also as ${...}, is the secret env:NAME.
std::vector<Value> from_alpha(Value& root);

}  // namespace verba
