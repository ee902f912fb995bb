// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

namespace verba {
namespace {

constexpr std::size_t widest_source_line = 110;  // in characters; a line of minified JSON is cut to this

/// What the terminal is told in colour, or nothing.
struct Paint {
  bool on;
  std::string_view severity(Severity s) const {
    if (!on) return "";
    return s == Severity::error ? "\x1b[1;31m" : s == Severity::warning ? "\x1b[1;33m" : "\x1b[1;36m";
  }
  std::string_view gutter() const { return on ? "\x1b[34m" : ""; }
  std::string_view bold() const { return on ? "\x1b[1m" : ""; }
  std::string_view off() const { return on ? "\x1b[0m" : ""; }
};

std::string_view word(Severity s) {
  return s == Severity::error ? "error" : s == Severity::warning ? "warning" : "note";
}

/// One character as it may be shown, and how many columns it takes.
struct Shown {
  std::string_view text;
  std::size_t bytes;
  std::size_t columns;
};

bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

/// Characters that move the cursor or turn the direction of text: a message must not be able to forge another.
bool is_unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

Shown first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead == '\t') return {" ", 1, 1};
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return {".", 1, 1};
  char32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return {".", 1, 1};
    code = (code << 6U) | (byte & 0x3FU);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (too_long || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return {".", 1, 1};
  if (is_unsafe(code)) return {".", length, 1};
  return {text.substr(0, length), length, is_wide(code) ? 2U : 1U};
}

/// A sentence of ours may quote a person's text, so it is cleaned too; its line ends stay.
std::string clean(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Shown shown = first_character(text);
    out += text[0] == '\n' ? std::string_view("\n") : shown.text;
    text.remove_prefix(shown.bytes);
  }
  return out;
}

/// Of what a person wrote, names above all, a sentence tells the beginning.
constexpr std::size_t longest_message = 4000;

std::string clean_message(std::string_view text) {
  if (text.size() <= longest_message) return clean(text);
  std::size_t end = longest_message;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return clean(text.substr(0, end)) + "...";
}

/// On one line, whatever a file is called.
std::string clean_place(std::string place) {
  std::ranges::replace(place, '\n', '.');
  return clean(place);
}

/// The source line as shown, and the marks under it.
struct Excerpt {
  std::string line;
  std::string marks;
};

/// `from` and `to` are characters of the line, counted from 0.
Excerpt excerpt(std::string_view line, std::size_t from, std::size_t to) {
  const std::size_t skipped = from > widest_source_line * 2 / 3 ? from - widest_source_line / 3 : 0;
  Excerpt out;
  if (skipped > 0) {
    out.line = "...";
    out.marks = "   ";
  }
  std::size_t at = 0;
  for (; !line.empty(); ++at) {
    const Shown shown = first_character(line);
    line.remove_prefix(shown.bytes);
    if (at < skipped) continue;
    if (at == skipped + widest_source_line) {
      out.line += "...";
      break;
    }
    out.line += shown.text;
    if (at < to) out.marks.append(shown.columns, at < from ? ' ' : '^');
  }
  if (at <= from) out.marks += '^';  // the end of the line, or of the text
  return out;
}

/// What stands between :// and @ of an address, as stars: a source line is shown, its passwords are not.
std::string without_passwords(std::string_view line) {
  std::string out(line);
  for (auto mark = out.find("://"); mark != std::string::npos; mark = out.find("://", mark + 3)) {
    const std::size_t begin = mark + 3;
    const std::size_t end = std::min(out.find_first_of("/?# '\"", begin), out.size());
    const auto at = std::string_view(out).substr(0, end).rfind('@');
    if (at == std::string::npos || at < begin) continue;
    const auto colon = out.find(':', begin);
    const bool web = std::string_view(out).substr(0, mark).ends_with("http") ||
                     std::string_view(out).substr(0, mark).ends_with("https");
    const std::size_t from = web ? begin : std::min(colon, at);
    for (std::size_t i = from; i < at; ++i) {
      // As many stars as characters, so that the marks below stay where they are.
      if ((static_cast<unsigned char>(out[i]) & 0x80U) == 0) out[i] = '*';
    }
  }
  return out;
}

class Renderer {
 public:
  Renderer(const Sources& sources, bool colour) : sources_(sources), paint_{colour} {}

  std::string render(const Diagnostic& finding) {
    heading(finding);
    const Where where = place_of(finding);
    if (where)
      source_line(where, finding.trail.empty() ? "" : "while " + finding.trail.front().doing, finding.severity);
    for (std::size_t i = where ? 1 : 0; i < finding.trail.size(); ++i)
      frame("while " + finding.trail[i].doing, finding.trail[i].where);
    for (const Frame& other : finding.related) {
      if (other.where) {
        source_line(other.where, other.doing, Severity::note);
      } else {
        frame(other.doing, {});
      }
    }
    if (!finding.hint.empty()) out_ += fmt::format("{}hint:{} {}\n", paint_.bold(), paint_.off(), clean(finding.hint));
    return std::move(out_);
  }

 private:
  /// An error without a place of its own is shown where the work was that met it.
  static Where place_of(const Diagnostic& finding) {
    if (finding.where || finding.trail.empty()) return finding.where;
    return finding.trail.front().where;
  }

  void heading(const Diagnostic& finding) {
    out_ += fmt::format("{}{}", paint_.severity(finding.severity), word(finding.severity));
    if (!finding.code.empty()) out_ += fmt::format("[{}]", finding.code);
    out_ += fmt::format("{}{}: {}{}\n", paint_.off(), paint_.bold(), clean_message(finding.message), paint_.off());
  }

  void source_line(Where where, std::string_view words, Severity severity) {
    const Position begin = sources_.position(where);
    const std::string line = without_passwords(sources_.line(where.source, begin.line));
    out_ += fmt::format("{}  --> {}{}\n", paint_.gutter(), paint_.off(), clean_place(sources_.place(where)));
    const Excerpt shown = excerpt(line, begin.column - 1, last_column(where, begin) - 1);
    const std::string number = std::to_string(begin.line);
    out_ += fmt::format("{}{} |{} {}\n", paint_.gutter(), number, paint_.off(), shown.line);
    out_ += fmt::format("{}{:{}} |{} {}{}", paint_.gutter(), "", number.size(), paint_.off(), paint_.severity(severity),
                        shown.marks);
    if (!words.empty()) out_ += ' ' + clean(words);
    out_ += fmt::format("{}\n", paint_.off());
  }

  /// The column after the last marked character; what goes on below is marked to the end of the first line.
  std::uint32_t last_column(Where where, Position begin) const {
    const Position end = sources_.position({where.source, where.end, where.end});
    if (end.line == begin.line) return std::max(end.column, begin.column + 1);
    return end.line > begin.line ? std::numeric_limits<std::uint32_t>::max() : begin.column + 1;
  }

  void frame(std::string_view words, Where where) {
    out_ += "  " + clean(words);
    if (where) out_ += " (" + clean_place(sources_.place(where)) + ")";
    out_ += '\n';
  }

  const Sources& sources_;
  Paint paint_;
  std::string out_;
};

std::string counted(std::size_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string summary(const std::vector<const Diagnostic*>& findings) {
  const auto count = [&](Severity severity) {
    return static_cast<std::size_t>(std::ranges::count(findings, severity, &Diagnostic::severity));
  };
  const std::size_t errors = count(Severity::error), warnings = count(Severity::warning);
  std::string out;
  if (errors > 0) out = counted(errors, "error");
  if (warnings > 0) out += (out.empty() ? "" : ", ") + counted(warnings, "warning");
  return out.empty() ? out : out + "\n";
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Letters changed, added, left out or swapped with their neighbour, letter case aside.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::vector<std::size_t> next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = row[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row[b.size()];
}

}  // namespace

bool is_unreachable(const Diagnostic& diagnostic) {
  return diagnostic.code.ends_with(".unreachable");
}

void Diagnostics::add(Diagnostic finding) {
  if (finding.severity == Severity::error) ++errors_;
  all_.push_back(std::move(finding));
}

void Diagnostics::error(std::string_view code, std::string message, Where where, std::string hint) {
  add({Severity::error, code, std::move(message), where, {}, std::move(hint), {}});
}

void Diagnostics::warning(std::string_view code, std::string message, Where where, std::string hint) {
  add({Severity::warning, code, std::move(message), where, {}, std::move(hint), {}});
}

std::string render(const Diagnostic& finding, const Sources& sources, bool colour) {
  return Renderer(sources, colour).render(finding);
}

std::vector<const Diagnostic*> in_order(const Diagnostics& findings) {
  std::vector<const Diagnostic*> sorted;
  sorted.reserve(findings.all().size());
  for (const Diagnostic& finding : findings.all()) sorted.push_back(&finding);
  const auto order = [](const Diagnostic* finding) {
    // What has no place comes last, nearest to the counts.
    const SourceId source = finding->where ? finding->where.source : std::numeric_limits<SourceId>::max();
    return std::tuple(source, finding->where.begin, static_cast<int>(finding->severity));
  };
  std::ranges::stable_sort(sorted, {}, order);
  std::set<std::tuple<SourceId, std::uint32_t, std::string_view, std::string_view>> known;
  std::erase_if(sorted, [&](const Diagnostic* finding) {
    return finding->where &&
           !known.emplace(finding->where.source, finding->where.begin, finding->code, finding->message).second;
  });
  return sorted;
}

std::string render(const Diagnostics& findings, const Sources& sources, bool colour, std::size_t limit) {
  const std::vector<const Diagnostic*> sorted = in_order(findings);
  std::string out;
  const std::size_t shown = std::min(limit, sorted.size());
  for (std::size_t i = 0; i < shown; ++i) out += render(*sorted[i], sources, colour);
  if (shown < sorted.size()) out += fmt::format("... and {} more\n", sorted.size() - shown);
  return out + summary(sorted);
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  constexpr std::size_t longest = 100;  // the work grows with the square of it
  for (const std::string_view candidate : candidates) {
    if (word.size() > longest || candidate.size() > longest) continue;
    const std::size_t allowed = std::max(word.size(), candidate.size()) / 3;
    const std::size_t apart = distance(word, candidate);
    if (apart <= allowed && apart < least) {
      best = candidate;
      least = apart;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates,
                         std::string otherwise) {
  const std::string_view found = nearest(word, candidates);
  return found.empty() ? std::move(otherwise) : fmt::format("did you mean '{}'?", found);
}

}  // namespace verba
