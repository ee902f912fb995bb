// SPDX-License-Identifier: Apache-2.0
// A file whose text holds ${{ }}.
#pragma once

#include <string>
#include <variant>

#include "value/expr.h"
#include "value/value.h"

namespace verba {

/// `text` with every ${{ }} in it replaced: a string, or Unknown where it reads what is not known yet. The expressions
/// see `values.NAME` and the functions that ask nothing of the world. What is secret in the values makes it secret. A
/// mistake names the line: "app.conf.in:3: ...".
std::variant<Value, NotFound> fill_template(const std::string& path, const std::string& text, const Value& values);

}  // namespace verba
