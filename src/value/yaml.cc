// SPDX-License-Identifier: Apache-2.0
// Builds Values from libyaml's events. Open lists and maps wait on an explicit stack, so nesting costs no machine
// stack; what they hold waits on two shared stacks, so that a finished list or map is made in its final size at once.
#include "value/yaml.h"

#include <fmt/format.h>
#include <yaml.h>
#include <cmath>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "value/json.h"
#include "value/keys.h"
#include "value/yaml_feed.h"
#include "value/yaml_scalar.h"
#include "value/yaml_text.h"

namespace verba {

namespace {

constexpr int kMistakes = 100;  ///< documents whose syntax is wrong, before the rest of a text is left alone

std::string_view view(const yaml_char_t* text) {
  return text ? reinterpret_cast<const char*>(text) : "";
}

/// Owns libyaml's parser and the event in hand. Feeds it the text, and a final line end where there is none: without
/// it libyaml takes the last line end of a block scalar away.
class Events {
 public:
  explicit Events(std::string_view body) : body_(body) {
    if (!yaml_parser_initialize(&parser_)) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input(&parser_, &read, this);
  }
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// Null after a mistake.
  const yaml_event_t* next() {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser_, &event_) ? &event_ : nullptr;
  }
  const yaml_parser_t& parser() const { return parser_; }

 private:
  static int read(void* self, unsigned char* buffer, std::size_t size, std::size_t* got) {
    Events& events = *static_cast<Events*>(self);
    *got = std::min(size, events.body_.size() - events.read_);
    if (*got > 0) {
      std::memcpy(buffer, events.body_.data() + events.read_, *got);
      events.read_ += *got;
    } else if (!events.ended_ && size > 0) {
      events.ended_ = true;
      if (!events.body_.ends_with('\n')) buffer[(*got)++] = '\n';
    }
    return 1;
  }

  std::string_view body_;
  std::size_t read_ = 0;
  bool ended_ = false;
  yaml_parser_t parser_;
  yaml_event_t event_{};
};

/// How much a value costs to copy, and how deep it is.
struct Extent {
  std::uint64_t nodes = 0;
  std::uint32_t depth = 0;
};

void measure(const Value& value, std::uint32_t depth, Extent& extent) {
  extent.depth = std::max(extent.depth, depth);
  ++extent.nodes;
  if (value.is_string()) {
    extent.nodes += value.string().size() / 64;
  } else if (value.is_list()) {
    for (const Value& item : value.list()) measure(item, depth + 1, extent);
  } else if (value.is_map()) {
    for (const Map::Entry& entry : value.map()) {
      extent.nodes += entry.first.name.size() / 64;
      measure(entry.second, depth + 1, extent);
    }
  }
}

struct Anchor {
  Value value;
  Extent extent;
};

/// A list or map that is not finished.
struct Frame {
  bool map = false;
  bool flow = false;
  bool wants_key = false;  ///< of a map: the next node is a key
  bool drop = false;       ///< of a map: the key was no key, its value is thrown away
  bool merging = false;    ///< of a map: the key was <<
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  ///< of what has been read
  std::size_t first = 0;  ///< where its parts start on the shared stack
  Key key;
  std::string anchor;
  std::string tag;
  std::unique_ptr<Map::Entry> merge;  ///< << and what it merges
};

class Reader {
 public:
  Reader(const Sources& sources, SourceId source, Diagnostics& diagnostics, const YamlLimits& limits)
      : source_(source),
        diagnostics_(diagnostics),
        limits_(limits),
        marks_(sources.text(source)),
        feed_(sources.text(source), source, diagnostics) {}

  std::vector<Value> read() {
    for (int i = 0; i < kMistakes; ++i) {
      Events events(feed_.from(marks_.start()));
      if (take_all(events)) break;
      const yaml_parser_t& parser = events.parser();
      const std::size_t odd_byte = feed_.byte_behind(marks_.start(), parser.problem_offset);
      diagnostics_.add(explain(parser, source_, marks_, odd_byte, open_bracket()));
      const auto next = next_document(parser);
      if (!next) break;
      forget_unfinished();
      marks_.start_at(*next);
    }
    return std::move(documents_);
  }

 private:
  /// False: the syntax is wrong.
  bool take_all(Events& events) {
    while (const yaml_event_t* event = events.next()) {
      if (event->type == YAML_STREAM_END_EVENT || !take(*event)) return true;
    }
    return false;
  }

  /// The innermost one.
  std::optional<OpenBracket> open_bracket() const {
    for (const Frame& frame : frames_ | std::views::reverse) {
      if (!frame.flow) return std::nullopt;
      const std::size_t at = skip_properties({source_, frame.begin, frame.end});
      if (marks_.text().substr(at, 1) == (frame.map ? "{" : "[")) return OpenBracket{at, frame.map};
    }
    return std::nullopt;
  }

  /// Where the next document begins that the mistake has nothing to do with.
  std::optional<std::size_t> next_document(const yaml_parser_t& parser) const {
    if (parser.error != YAML_SCANNER_ERROR && parser.error != YAML_PARSER_ERROR) return std::nullopt;
    const std::string_view text = marks_.text();
    const std::size_t from = std::max<std::size_t>(marks_.byte(parser.problem_mark), marks_.start() + 1);
    for (std::size_t at = text.find("---", from); at != std::string_view::npos; at = text.find("---", at + 1)) {
      if (is_document_start(text, at)) return at;
    }
    return std::nullopt;
  }

  void forget_unfinished() {
    frames_.clear();
    entries_.clear();
    items_.clear();
    anchors_.clear();
  }

  /// False: nothing of the text is read any more.
  bool take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return scalar(event);
      case YAML_SEQUENCE_START_EVENT: {
        auto& start = event.data.sequence_start;
        return open(event, false, start.style == YAML_FLOW_SEQUENCE_STYLE, view(start.anchor), view(start.tag));
      }
      case YAML_MAPPING_START_EVENT: {
        auto& start = event.data.mapping_start;
        return open(event, true, start.style == YAML_FLOW_MAPPING_STYLE, view(start.anchor), view(start.tag));
      }
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return close(event);
      case YAML_ALIAS_EVENT:
        return alias(event);
      case YAML_DOCUMENT_START_EVENT:
        anchors_.clear();
        return true;
      default:
        return true;
    }
  }

  Where where(const yaml_event_t& event) const {
    return {source_, marks_.byte(event.start_mark), marks_.byte(event.end_mark)};
  }

  /// Behind the anchor and the tag of a node.
  std::uint32_t skip_properties(Where at) const {
    std::string_view text = marks_.text();
    std::size_t i = at.begin;
    auto one_of = [&](std::string_view set) { return i < at.end && set.find(text[i]) != std::string_view::npos; };
    while (one_of("!&")) {
      while (i < at.end && !one_of(" \t\r\n")) ++i;
      while (one_of(" \t\r\n#")) {
        if (text[i] == '#')
          i = std::min<std::size_t>(text.find('\n', i), at.end);
        else
          ++i;
      }
    }
    return static_cast<std::uint32_t>(i);
  }

  bool scalar(const yaml_event_t& event) {
    auto& data = event.data.scalar;
    std::string_view text(reinterpret_cast<const char*>(data.value), data.length);
    bool plain = data.style == YAML_PLAIN_SCALAR_STYLE;
    Where whole = where(event);
    Where at = whole;
    if (data.anchor || data.tag) at.begin = skip_properties(whole);
    if (data.style == YAML_LITERAL_SCALAR_STYLE || data.style == YAML_FOLDED_SCALAR_STYLE) at.end = block_end(at);
    if (!data.tag && !data.anchor && !frames_.empty() && frames_.back().wants_key) return plain_key(text, at, plain);

    Value value = plain && !data.tag ? resolve_plain(text) : Value(text);
    value.where = at;
    value.plain = plain && !data.tag;
    bool tagged = data.tag && tag(view(data.tag), whole, value);
    if ((tagged || !data.tag) && value.is(Value::Kind::real) && !std::isfinite(value.real())) {
      diagnostics_.error("yaml.number", fmt::format("'{}' is a number that nothing can be done with", text), at,
                         "put it in quotes to mean the text");
    }
    if (data.anchor) keep(view(data.anchor), value);
    if (!frames_.empty() && frames_.back().wants_key) {
      if (tagged && !value.is_string())
        refuse_key(whole);
      else
        plain_key(text, at, false);
      return true;
    }
    return complete(std::move(value), whole.end);
  }

  /// A block scalar ends with its last line, not with the empty lines behind.
  std::uint32_t block_end(Where at) const {
    std::string_view text = marks_.text();
    std::uint32_t end = at.end;
    while (end > at.begin + 1 && (text[end - 1] == '\n' || text[end - 1] == '\r' || text[end - 1] == ' ')) --end;
    return end;
  }

  bool plain_key(std::string_view text, Where at, bool plain) {
    Frame& frame = frames_.back();
    frame.wants_key = false;
    frame.drop = false;
    frame.merging = plain && text == "<<";
    frame.key.name.assign(text);
    frame.key.where = at;
    frame.end = at.end;
    return true;
  }

  void refuse_key(Where at) {
    diagnostics_.error("yaml.complex-key", "a key has to be a simple text", at,
                       "put a text that starts with '{', '[' or '!' in quotes");
    Frame& frame = frames_.back();
    frame.wants_key = false;
    frame.drop = true;
  }

  bool open(const yaml_event_t& event, bool map, bool flow, std::string_view anchor, std::string_view tag) {
    Where at = where(event);
    if (frames_.size() >= limits_.depth) {
      diagnostics_.error("yaml.too-deep", fmt::format("the text is nested deeper than {} levels", limits_.depth), at);
      return false;
    }
    Frame& frame = frames_.emplace_back();
    frame.map = frame.wants_key = map;
    frame.flow = flow;
    frame.begin = at.begin;
    frame.end = at.end;
    frame.first = map ? entries_.size() : items_.size();
    frame.anchor = anchor;
    frame.tag = tag;
    return true;
  }

  bool close(const yaml_event_t& event) {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.flow) frame.end = marks_.byte(event.end_mark);
    Where whole{source_, frame.begin, frame.end};
    Value value = frame.map ? finish_map(frame) : finish_list(frame);
    value.where = whole;
    if (!frame.anchor.empty() || !frame.tag.empty()) value.where.begin = skip_properties(whole);
    if (!frame.tag.empty()) tag(frame.tag, whole, value);
    if (!frame.anchor.empty()) keep(frame.anchor, value);
    return complete(std::move(value), frame.end);
  }

  Value finish_list(const Frame& frame) {
    auto first = items_.begin() + static_cast<std::ptrdiff_t>(frame.first);
    List list(std::make_move_iterator(first), std::make_move_iterator(items_.end()));
    items_.erase(first, items_.end());
    return list;
  }

  Value finish_map(Frame& frame) {
    auto first = entries_.begin() + static_cast<std::ptrdiff_t>(frame.first);
    Map map;
    std::span<Map::Entry> own(first, entries_.end());
    map.reserve(own.size());
    auto repeated = repeated_keys(own);
    for (auto [before, again] : repeated) {
      report_repeated(own[before].first, own[again].first);
      own[before].second = std::move(own[again].second);
    }
    std::size_t skip = 0;
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (skip < repeated.size() && repeated[skip].second == i)
        ++skip;
      else
        map.append(std::move(own[i].first), std::move(own[i].second));
    }
    entries_.erase(first, entries_.end());
    if (frame.merge) merge(std::move(frame.merge->second), map);
    return map;
  }

  void report_repeated(const Key& before, const Key& again) {
    Diagnostic d;
    d.code = "yaml.duplicate-key";
    d.message = fmt::format("the key '{}' is there twice", again.name);
    d.where = again.where;
    d.hint = "remove or rename one of the two";
    d.related.push_back({"first written here", before.where});
    diagnostics_.add(std::move(d));
  }

  /// Keys that are there win, and of several maps the first.
  void merge(Value from, Map& into) {
    if (from.is_list()) {
      for (Value& map : from.list()) {
        if (map.is_list()) return refuse_merge(map.where);
        merge(std::move(map), into);
      }
      return;
    }
    if (!from.is_map()) return refuse_merge(from.where);
    std::unordered_set<std::string> taken;
    for (const Map::Entry& entry : into) taken.insert(entry.first.name);
    for (Map::Entry& entry : from.map()) {
      if (!taken.contains(entry.first.name)) into.append(std::move(entry.first), std::move(entry.second));
    }
  }

  void refuse_merge(Where at) {
    diagnostics_.error("yaml.syntax", "'<<' merges maps, and this is none", at,
                       "give it an alias of a map, or a list of such");
  }

  /// Puts a finished node where it belongs.
  bool complete(Value value, std::uint32_t end) {
    if (frames_.empty()) {
      documents_.push_back(std::move(value));
      return true;
    }
    Frame& frame = frames_.back();
    if (!frame.map) {
      frame.end = end;
      items_.push_back(std::move(value));
      return true;
    }
    if (frame.wants_key) {
      refuse_key(value.where);
      return true;
    }
    frame.end = std::max(frame.end, end);
    frame.wants_key = true;
    if (frame.drop) return true;
    if (frame.merging) return add_merge(frame, std::move(value));
    entries_.emplace_back(std::move(frame.key), std::move(value));
    frame.key.name.clear();
    return true;
  }

  bool add_merge(Frame& frame, Value value) {
    if (frame.merge) {
      report_repeated(frame.merge->first, frame.key);
    } else {
      frame.merge = std::make_unique<Map::Entry>(std::move(frame.key), std::move(value));
    }
    return true;
  }

  /// False: nobody knows the tag, or it does not fit, and a diagnostic says so.
  bool tag(std::string_view name, Where whole, Value& value) {
    TagResult result = apply_tag(name, whole, value);
    if (result == TagResult::done) return true;
    static constexpr std::string_view core = "tag:yaml.org,2002:";
    std::string shown = name.starts_with(core) ? fmt::format("!!{}", name.substr(core.size())) : std::string(name);
    Where at{source_, whole.begin, whole.begin};
    std::string_view text = marks_.text();
    while (at.end < whole.end && std::strchr(" \t\r\n", text[at.end]) == nullptr) ++at.end;
    if (result == TagResult::mismatch) {
      diagnostics_.error("yaml.unknown-tag", fmt::format("this value does not fit its tag '{}'", shown), at,
                         "leave the tag out, or write a value of that type");
      if (value.is_string()) {
        const Where place = value.where;
        value = std::numeric_limits<double>::quiet_NaN();
        value.where = place;
      }
    } else {
      diagnostics_.error("yaml.unknown-tag", fmt::format("the tag '{}' is unknown", shown), at,
                         "known are CloudFormation's (!Ref, !Sub, !GetAtt, ...) and YAML's own (!!str, !!int, ...); "
                         "put a text that starts with '!' in quotes");
    }
    return false;
  }

  /// Remembers an anchored node, if any alias of the text may want it: a copy costs.
  void keep(std::string_view name, const Value& value) {
    if (!aliases_listed_) list_aliases();
    if (!aliases_.contains(name)) return;
    Anchor anchor;
    measure(value, 0, anchor.extent);
    spent_ += anchor.extent.nodes;
    if (spent_ <= limits_.alias_nodes) anchor.value = value;
    anchors_.insert_or_assign(std::string(name), std::move(anchor));
  }

  void list_aliases() {
    aliases_listed_ = true;
    std::string_view text = marks_.text();
    auto of_name = [](char c) {
      return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
    };
    for (std::size_t at = text.find('*'); at != std::string_view::npos; at = text.find('*', at)) {
      std::size_t end = ++at;
      while (end < text.size() && of_name(text[end])) ++end;
      aliases_.insert(text.substr(at, end - at));
      at = end;
    }
  }

  bool alias(const yaml_event_t& event) {
    std::string name(view(event.data.alias.anchor));
    Where at = where(event);
    auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      unknown_anchor(name, at);
      Value nothing;
      nothing.where = at;
      return complete_alias(std::move(nothing), at);
    }
    const Anchor& anchor = found->second;
    spent_ += anchor.extent.nodes;
    if (spent_ > limits_.alias_nodes) {
      diagnostics_.error("yaml.alias-bomb",
                         fmt::format("the aliases of this text expand to more than {} values", limits_.alias_nodes), at,
                         "write the values out, or split the file");
      return false;
    }
    if (frames_.size() + anchor.extent.depth > limits_.depth) {
      diagnostics_.error("yaml.too-deep",
                         fmt::format("with its aliases the text is nested deeper than {} levels", limits_.depth), at);
      return false;
    }
    return complete_alias(anchor.value, at);
  }

  bool complete_alias(Value value, Where at) {
    if (frames_.empty() || !frames_.back().wants_key) return complete(std::move(value), at.end);
    if (value.is_list() || value.is_map())
      refuse_key(at);
    else
      plain_key(value.is_string() ? value.string() : to_json(value), at, false);
    return true;
  }

  void unknown_anchor(const std::string& name, Where at) {
    for (const Frame& frame : frames_) {
      if (frame.anchor != name) continue;
      diagnostics_.error("yaml.unknown-anchor", fmt::format("the alias '*{}' stands inside what it stands for", name),
                         at);
      return;
    }
    std::vector<std::string_view> names;
    for (const auto& [known, anchor] : anchors_) names.push_back(known);
    std::sort(names.begin(), names.end());
    diagnostics_.error("yaml.unknown-anchor", fmt::format("no anchor '&{}' stands before this alias", name), at,
                       did_you_mean(name, names, "a text that starts with '*' needs quotes"));
  }

  SourceId source_;
  Diagnostics& diagnostics_;
  const YamlLimits& limits_;
  Marks marks_;
  Feed feed_;
  std::vector<Value> documents_;
  std::vector<Frame> frames_;
  std::vector<Map::Entry> entries_;
  std::vector<Value> items_;
  std::unordered_map<std::string, Anchor> anchors_;
  std::unordered_set<std::string_view> aliases_;
  bool aliases_listed_ = false;
  std::uint64_t spent_ = 0;  ///< of the budget for aliases
};

}  // namespace

std::vector<Value> parse_yaml(const Sources& sources, SourceId source, Diagnostics& diagnostics,
                              const YamlLimits& limits) {
  if (sources.text(source).size() > limits.text_bytes) {
    diagnostics.error("yaml.too-large", fmt::format("the text is larger than {} bytes", limits.text_bytes),
                      {source, 0, 0}, "split it into several files");
    return {};
  }
  return Reader(sources, source, diagnostics, limits).read();
}

}  // namespace verba
