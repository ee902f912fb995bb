// SPDX-License-Identifier: Apache-2.0
// What may be written where: one declarative table per kind and per task type. Validation, defaults, `verba explain`,
// the JSON Schema and the manual are all read from these tables.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "value/value.h"

namespace verba {

enum class FieldType : std::uint8_t {
  any,  ///< any value
  string,
  integer,
  number,
  boolean,
  duration,   ///< "30s", "5m", "1h30m"
  condition,  ///< a bare expression that gives true or false; a boolean is fine too. Becomes an expression Value
  list,       ///< of `fields[0]`
  map,        ///< names to `fields[0]`
  object,     ///< exactly `fields`
};

/// One field. All text has static storage. The order of the members is the one in which rows are written.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct Field {
  std::string_view name;
  FieldType type = FieldType::string;
  std::string_view summary;  ///< one sentence, for explain and the schema
  bool required = false;
  bool expressions = false;             ///< ${{ }} may stand in it (at any depth)
  bool secret = false;                  ///< its value never reaches a screen
  bool file = false;                    ///< a path, from the manifest's directory; the content counts as input
  bool tree = false;                    ///< with `file`: a directory is fine too, for all files in it
  bool large = false;                   ///< with `file`: of any size (FileInput::large)
  std::string_view filled_from = {};    ///< with `file`: a template; filled in from that input it is input `rendered`
  bool replaces = false;                ///< a change of it needs delete and create
  bool beside = false;                  ///< recorded, but a change of it alone is no reason to act
  bool protects = false;                ///< a thing that was deployed with it being true cannot be deleted
  std::string_view alpha = {};          ///< its spelling in v1-alpha, where that differs
  std::string_view default_value = {};  ///< as YAML text; empty: none
  std::string_view example = {};        ///< as YAML text
  std::string_view refers_to =
      {};  ///< "Deployment", "Environment", "Account", "Authentication", ...: a name of such a thing
  std::vector<std::string_view> one_of = {};
  std::vector<Field> fields = {};            ///< see list, map, object
  bool scalar_or_list = false;               ///< a list that may also be written as one scalar
  std::optional<std::int64_t> minimum = {};  ///< of a duration: in milliseconds
  bool by_type = false;   ///< the task type says what may stand in it; check_fields() leaves it alone
  bool or_names = false;  ///< an object that may also be written as a list of names
  std::string_view instead_of_expression = {};  ///< hint where somebody writes ${{ }} and it is not allowed
  bool only_alpha = false;                      ///< v1-alpha had it; it means nothing any more
  bool implied = false;     ///< `default_value` is told to people only; nothing is written into the value
  bool as_written = false;  ///< a number in it, at any depth, that would be told otherwise is the text it is: 3.10, 007
  bool yaml_1_1 = false;    ///< and `yes`, `no`, `on`, `off` without quotes are true and false
};

/// A kind of manifest.
struct Kind {
  std::string_view name;
  std::string_view group;        ///< "systems" or "projects"
  std::string_view family = {};  ///< "Account" or "Authentication": kinds whose names are referred to alike
  bool alpha = false;            ///< apiVersion v1-alpha knows it
  std::string_view summary;
  std::string_view manual;                             ///< Markdown, without the table of fields
  std::string_view example;                            ///< a whole document that validates
  std::vector<Field> fields = {};                      ///< of spec
  bool host_name = false;                              ///< the name may hold . and @
  std::vector<std::string_view> authentications = {};  ///< of an account: the kinds to get in with
  std::string_view task_type = {};  ///< spec is what this type of task takes in `with`, or the part of it in `fields`
};

struct Resource;  // manifest/resource.h

/// A file or directory that is named by the content of an input.
struct NamedFile {
  std::string path;        ///< from the resource's directory, or absolute; tidy: neither "." nor a/.. in it
  std::string by;          ///< what names it: "CodeUri of Hello"
  std::string wrong = {};  ///< why it cannot be read, whatever is there
  Where where = {};        ///< of the name, where that is in a manifest
};

/// What one of a type gives to others of it where its account is, and takes from them, by names that are known there.
struct Exchange {
  std::vector<std::string> gives = {};
  std::vector<std::string> takes = {};
};

/// A type of task, as its provider describes it: what may stand in `with` and what comes out.
struct TaskType {
  std::string_view name;
  std::string_view version;  ///< of the provider; part of every record
  std::string_view summary;
  std::string_view manual;
  std::string_view example;  ///< one task
  std::vector<Field> inputs;
  std::vector<Field> outputs;              ///< known ones; any others may come too
  std::vector<std::string_view> accounts;  ///< kinds of account that it can work in; none: any
  /// The names of all outputs that a task with these inputs (as written) has; nothing: any may come. Empty: any.
  std::function<std::optional<std::vector<std::string_view>>(const Value& with)> all_outputs = {};
  /// What the files and inputs of a resource name in turn, as a template names the code of functions. Asked again with
  /// what was read (FileInput::inner) until it names nothing new. Empty: nothing.
  std::function<std::vector<NamedFile>(const Resource&)> names = {};
  /// What one of it makes, where its account is: two tasks that make the same would undo one another. Of what is not
  /// known yet nothing. Empty: one thing, told by all fields of which a change needs a new one (Field::replaces).
  std::function<std::vector<std::string>(const Resource&)> makes = {};
  /// Marks as secret what the inputs and files of a resource say is one, as a template does of its parameters; some of
  /// them may be Unknown. Empty: nothing but what is secret by itself.
  std::function<void(Resource&)> mark_secrets = {};
  /// Whoever takes something has to wait for the one that gives it. Empty: nothing.
  std::function<Exchange(const Resource&)> exchange = {};
  /// What stays when one of it is deleted, a line each, as far as inputs and files tell: for people. Empty: nothing.
  std::function<std::vector<std::string>(const Resource&)> leaves = {};
  bool on_demand = false;  ///< done when something that needs it is, each time anew; nothing is recorded of it
};

/// All that can be written. Made once by the program's table of built-ins; borrowed by everything else.
struct Catalogue {
  std::vector<const Kind*> kinds;
  std::vector<const TaskType*> types;

  const Kind* kind(std::string_view name) const;
  const TaskType* type(std::string_view name) const;
  /// What may stand in the spec of a kind.
  const std::vector<Field>& fields(const Kind&) const;
};

/// "string", "list of string", "map of any", ...: for people.
std::string type_name(const Field&);

/// Checks `value` against an object's `fields`: unknown and missing fields, types, one_of, minimum, durations; fills in
/// defaults; turns strings of fields with `expressions` into expression Values; rejects `${{` elsewhere. Every problem
/// becomes a diagnostic with its place ("manifest.unknown-field", "manifest.missing-field", "manifest.wrong-type",
/// "manifest.bad-value", "manifest.no-expression-here"); `what` names the thing
/// ("Deployment 'web'"). An unknown field that a hint takes for a known one is told, and counts as that one from then
/// on if its value fits. What is no number (see parse_yaml()) is passed over: it was told. `alpha` accepts the alpha
/// spellings (and renames them).
void check_fields(Value& value, const std::vector<Field>& fields, std::string_view what, bool alpha, const Sources&,
                  Diagnostics&);

/// The same for a part of an object, to be laid over another one: nothing is missing, no default is filled in.
void check_some_fields(Value& value, const std::vector<Field>& fields, std::string_view what, const Sources&,
                       Diagnostics&);

/// The same for a value that comes out of evaluate(): no expression is looked for, no default is filled in, Unknown
/// is fine anywhere. A scalar becomes a list where that is allowed, and what is secret by its field is marked.
/// REQUIRES: `value` was checked by check_fields() before evaluation.
void check_evaluated(Value& value, const std::vector<Field>& fields, std::string_view what, Diagnostics&);

}  // namespace verba
