// SPDX-License-Identifier: Apache-2.0
#include "manifest/json_schema.h"

#include <utility>

#include "manifest/kinds/kinds.h"

namespace verba {
namespace {

constexpr std::string_view name_pattern = "^[A-Za-z][A-Za-z0-9_-]{0,127}$";
constexpr std::string_view host_name_pattern = "^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$";
constexpr std::string_view duration_pattern = "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$";

// In the order of writing; keys are known to be new.
class Object {
 public:
  Object& with(std::string_view key, Value value) {
    map_.append({std::string(key), {}}, std::move(value));
    return *this;
  }
  Value take() { return Value(std::move(map_)); }

 private:
  Map map_;
};

Value type(std::string_view name) {
  return Object().with("type", name).take();
}
Value pattern(std::string_view text) {
  return Object().with("type", "string").with("pattern", text).take();
}
Value constant(std::string_view text) {
  return Object().with("const", text).take();
}

Value any_of(Value a, Value b) {
  List both;
  both.push_back(std::move(a));
  both.push_back(std::move(b));
  return Object().with("anyOf", std::move(both)).take();
}

// What stands for a value that is worked out later.
Value expression() {
  return pattern("\\$\\{\\{");
}

List strings(const std::vector<std::string_view>& all) {
  List list;
  for (const std::string_view one : all) list.emplace_back(one);
  return list;
}

class SchemaMaker {
 public:
  explicit SchemaMaker(const Catalogue& catalogue) : catalogue_(catalogue) {}

  Value object(const std::vector<Field>& fields, bool expressions, bool alpha) const {
    Object properties;
    List required;
    for (const Field& field : fields) {
      if (field.only_alpha && !alpha) continue;
      properties.with(field.name, property(field, expressions, alpha));
      if (alpha && !field.alpha.empty()) properties.with(field.alpha, property(field, expressions, alpha));
      if (field.required && (!alpha || field.alpha.empty())) required.emplace_back(field.name);
    }
    Object object;
    object.with("type", "object").with("properties", properties.take()).with("additionalProperties", false);
    if (!required.empty()) object.with("required", std::move(required));
    return object.take();
  }

  Value task(const Field& field, bool alpha) const {
    Value schema = object(field.fields, false, alpha);
    List rules;
    for (const TaskType* type : catalogue_.types) {
      rules.push_back(when("type", type->name, "with", object(type->inputs, false, alpha)));
    }
    List either;
    for (const std::string_view name : {"type", "task"}) {
      either.push_back(Object().with("required", List{Value(name)}).take());
    }
    schema.map().append({"oneOf", {}}, std::move(either));
    schema.map().append({"allOf", {}}, std::move(rules));
    return schema;
  }

  // {if: {KEY: VALUE}, then: {MEMBER: schema}}
  static Value when(std::string_view key, std::string_view value, std::string_view member, Value schema) {
    Object condition;
    condition.with("properties", Object().with(key, constant(value)).take()).with("required", List{Value(key)});
    Object consequence;
    consequence.with("properties", Object().with(member, std::move(schema)).take());
    return Object().with("if", condition.take()).with("then", consequence.take()).take();
  }

 private:
  Value property(const Field& field, bool expressions, bool alpha) const {
    const bool may = expressions || field.expressions;
    Value schema = bare(field, may, alpha);
    if (field.scalar_or_list && !field.fields.empty())
      schema = any_of(property(field.fields.front(), may, alpha), std::move(schema));
    if (field.or_names) {
      schema = any_of(std::move(schema), Object().with("type", "array").with("items", type("string")).take());
    }
    const bool closed = field.type != FieldType::any && field.type != FieldType::condition &&
                        (field.type != FieldType::string || !field.one_of.empty());
    if (may && closed) schema = any_of(std::move(schema), expression());
    if (schema.map().find("description") == nullptr) schema.map().append({"description", {}}, Value(field.summary));
    if (!field.default_value.empty()) schema.map().append({"default", {}}, default_of(field));
    return schema;
  }

  static Value default_of(const Field& field) {
    if (field.type == FieldType::boolean) return Value(field.default_value == "true");
    return Value(field.default_value);
  }

  Value bare(const Field& field, bool expressions, bool alpha) const {
    switch (field.type) {
      case FieldType::any:
        return Value(Map{});
      case FieldType::string:
        return string(field);
      case FieldType::integer:
        return number("integer", field);
      case FieldType::number:
        return number("number", field);
      case FieldType::boolean:
        return type("boolean");
      case FieldType::duration:
        return pattern(duration_pattern);
      case FieldType::condition:
        return Object().with("type", strings({"string", "boolean"})).take();
      case FieldType::list:
        return list(field, expressions, alpha);
      case FieldType::map:
        return map(field, expressions, alpha);
      case FieldType::object:
        return object(field.fields, expressions, alpha);
    }
    return Value(Map{});
  }

  Value string(const Field& field) const {
    Object schema;
    schema.with("type", "string");
    if (!field.one_of.empty()) schema.with("enum", strings(field.one_of));
    if (field.refers_to == "TaskType") {
      List names;
      for (const TaskType* type : catalogue_.types) names.emplace_back(type->name);
      schema.with("enum", std::move(names));
    }
    return schema.take();
  }

  static Value number(std::string_view name, const Field& field) {
    Object schema;
    schema.with("type", name);
    if (field.minimum) schema.with("minimum", Value(*field.minimum));
    return schema.take();
  }

  Value list(const Field& field, bool expressions, bool alpha) const {
    Object schema;
    schema.with("type", "array");
    if (!field.fields.empty()) {
      const Field& item = field.fields.front();
      const bool tasks = field.name == "tasks" && item.type == FieldType::object;
      schema.with("items", tasks ? task(item, alpha) : property(item, expressions, alpha));
    }
    return schema.take();
  }

  Value map(const Field& field, bool expressions, bool alpha) const {
    Object schema;
    schema.with("type", "object");
    if (!field.fields.empty()) {
      schema.with("additionalProperties", property(field.fields.front(), expressions, alpha));
    }
    return schema.take();
  }

  const Catalogue& catalogue_;
};

Value metadata() {
  Object properties;
  properties.with("name", Object().with("type", "string").with("description", "Unique per kind").take());
  Value names = Object().with("type", "array").with("items", type("string")).take();
  Value environments = any_of(type("string"), std::move(names));
  environments.map().append({"description", {}}, "The environments it is in scope for; left out: all of them");
  properties.with("environments", std::move(environments));
  properties.with("labels", Object().with("type", "object").with("additionalProperties", type("string")).take());
  Object schema;
  schema.with("type", "object").with("properties", properties.take()).with("additionalProperties", false);
  schema.with("required", strings({"name"}));
  return schema.take();
}

// What follows from `kind: NAME`.
Value rule(const Catalogue& catalogue, const SchemaMaker& maker, const Kind& kind) {
  Value spec = maker.object(catalogue.fields(kind), false, kind.alpha);
  const bool needed = spec.find("required") != nullptr;
  Value rule = SchemaMaker::when("kind", kind.name, "spec", std::move(spec));
  Map& then = rule.map().find("then")->map();
  Value name = Object().with("name", pattern(kind.host_name ? host_name_pattern : name_pattern)).take();
  then.find("properties")->map().append({"metadata", {}}, Object().with("properties", std::move(name)).take());
  then.find("properties")
      ->map()
      .append({"apiVersion", {}},
              Object()
                  .with("enum", kind.alpha ? strings({"verbacratis/v1", "v1-alpha"}) : strings({"verbacratis/v1"}))
                  .take());
  if (needed) then.append({"required", {}}, strings({"spec"}));
  return rule;
}

}  // namespace

Value json_schema(const Catalogue& catalogue) {
  const SchemaMaker maker(catalogue);
  List names;
  List rules;
  for (const Kind* kind : catalogue.kinds) {
    names.emplace_back(kind->name);
    rules.push_back(rule(catalogue, maker, *kind));
  }
  Object properties;
  properties.with("apiVersion", Object().with("enum", strings({"verbacratis/v1", "v1-alpha"})).take());
  properties.with("kind", Object().with("enum", std::move(names)).take());
  properties.with("metadata", metadata());
  properties.with("spec", Value(Map{}));
  Object schema;
  schema.with("$schema", "http://json-schema.org/draft-07/schema#")
      .with("title", "A manifest of Verba Cratis")
      .with("type", "object")
      .with("properties", properties.take())
      .with("additionalProperties", false)
      .with("required", strings({"apiVersion", "kind", "metadata"}))
      .with("allOf", std::move(rules));
  return schema.take();
}

}  // namespace verba
