// SPDX-License-Identifier: Apache-2.0
// How a field changes, for people: on one line, or as lines that come and go.
#pragma once

#include <string>

#include "plan/plan.h"
#include "value/value.h"
#include "view/text/style.h"

namespace verba {

/// A value on one line: text in quotes, "(known after apply)" for what waits, "***" for secrets.
std::string value_text(const Value&);

/// Lines with their line ends, indented. Texts are shown as what comes and goes of their lines; JSON on long lines as
/// if it were written on many. At most a screen of lines of about its width; what is left out is counted. `whole`: what
/// the change belongs to is new, so nothing of it stands out.
std::string change_text(const FieldChange&, bool whole, Style);

}  // namespace verba
