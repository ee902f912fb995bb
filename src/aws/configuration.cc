// SPDX-License-Identifier: Apache-2.0
#include "aws/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace verba {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// A comment begins with # or ; after a blank.
std::string_view without_comment(std::string_view value) {
  for (std::size_t at = 1; at < value.size(); ++at) {
    if ((value[at] == '#' || value[at] == ';') && blanks.find(value[at - 1]) != std::string_view::npos) {
      return trimmed(value.substr(0, at));
    }
  }
  return trimmed(value);
}

/// What follows `word` and a blank, without quotes; "" when something else does.
std::string_view name_after(std::string_view heading, std::string_view word) {
  if (!heading.starts_with(word) || heading.size() == word.size()) return {};
  heading.remove_prefix(word.size());
  if (blanks.find(heading.front()) == std::string_view::npos) return {};
  heading = trimmed(heading);
  if (heading.size() >= 2 && (heading.front() == '"' || heading.front() == '\'') && heading.back() == heading.front()) {
    heading = heading.substr(1, heading.size() - 2);
  }
  return heading;
}

/// Reads one of the files, line by line.
class Reading {
 public:
  Reading(AwsFile file, std::string_view path, AwsConfiguration& configuration)
      : file_(file), path_(path), configuration_(configuration) {}

  void add(std::string_view line) {
    ++number_;
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') return;
    if (content.front() == '[') return begin(content);
    const bool indented = blanks.find(line.front()) != std::string_view::npos;
    const std::size_t equals = content.find_first_of("=:");
    const std::string name = lower(trimmed(content.substr(0, equals)));
    if (equals == std::string_view::npos || name.find_first_of(blanks) != std::string::npos) {
      if (!indented || !goes_on_) fault("neither [SECTION] nor NAME = VALUE");
      return;
    }
    if (!in_section_) return fault("no [SECTION] is above it");
    goes_on_ = true;
    const std::string_view value = without_comment(content.substr(equals + 1));
    if (!indented) above_ = value.empty() ? name : "";
    if (section_ != nullptr) set(indented && !above_.empty() ? above_ + "." + name : name, value);
  }

 private:
  std::string place() const { return fmt::format("{}:{}", path_, number_); }
  void fault(std::string_view why) { configuration_.faults.push_back(fmt::format("{}: {}", place(), why)); }

  void begin(std::string_view content) {
    above_.clear();
    profile_.clear();
    goes_on_ = false;
    in_section_ = true;
    section_ = nullptr;
    const std::size_t end = content.find(']');
    if (end == std::string_view::npos) return fault("']' is missing");
    section_ = section_of(trimmed(content.substr(1, end - 1)));
  }

  AwsSection* profile(std::string_view name) {
    profile_ = name;
    return &configuration_.profiles[profile_];
  }

  AwsSection* section_of(std::string_view heading) {
    if (file_ == AwsFile::credentials || heading == "default") return profile(heading);
    if (const auto name = name_after(heading, "profile"); !name.empty()) return profile(name);
    if (const auto name = name_after(heading, "sso-session"); !name.empty()) {
      return &configuration_.sso_sessions[std::string(name)];
    }
    if (const auto name = name_after(heading, "services"); !name.empty()) {
      return &configuration_.services[std::string(name)];
    }
    configuration_.others.emplace(heading, place());
    return nullptr;
  }

  void set(const std::string& name, std::string_view value) {
    (*section_)[name] = value;
    if (!profile_.empty()) configuration_.places[{profile_, name}] = place();
  }

  AwsFile file_;
  std::string_view path_;
  AwsConfiguration& configuration_;
  std::size_t number_ = 0;
  AwsSection* section_ = nullptr;  ///< null: of a kind that means nothing
  std::string profile_;            ///< whose section it is, if it is one's
  std::string above_;              ///< the setting that indented ones belong to
  bool in_section_ = false;
  bool goes_on_ = false;  ///< a line that is indented may belong to a value
};

}  // namespace

std::string_view AwsConfiguration::setting(std::string_view profile, std::string_view name) const {
  const auto section = profiles.find(profile);
  if (section == profiles.end()) return {};
  const auto found = section->second.find(name);
  return found == section->second.end() ? std::string_view() : std::string_view(found->second);
}

bool AwsConfiguration::asks_for_code(std::string_view profile) const {
  for (std::size_t steps = 0; steps <= profiles.size(); ++steps) {  // they may go round in a circle
    const bool has_keys = steps > 0 && !setting(profile, "aws_access_key_id").empty();
    if (has_keys || setting(profile, "role_arn").empty()) return false;
    if (!setting(profile, "mfa_serial").empty()) return true;
    profile = setting(profile, "source_profile");
  }
  return false;
}

std::string AwsConfiguration::place_of(std::string_view profile, std::string_view name) const {
  const auto place = places.find({std::string(profile), std::string(name)});
  return place == places.end() ? "" : " (" + place->second + ")";
}

void read_aws_file(std::string_view text, AwsFile file, AwsConfiguration& configuration, std::string_view path) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Reading reading(file, path, configuration);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    reading.add(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string home_path(System& system, const std::string& path) {
  return path.starts_with("~/") ? system.variable("HOME").value_or("") + path.substr(1) : path;
}

AwsConfiguration read_aws_configuration(System& system) {
  AwsConfiguration configuration;
  const auto read = [&](const char* variable, const char* usual, AwsFile file) {
    const std::string path = home_path(system, system.variable(variable).value_or(usual));
    if (const auto text = system.read_file(path)) read_aws_file(*text, file, configuration, path);
  };
  read("AWS_CONFIG_FILE", "~/.aws/config", AwsFile::config);
  read("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", AwsFile::credentials);
  return configuration;
}

std::string default_profile(System& system) {
  for (const char* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    if (const auto profile = system.variable(name); profile && !profile->empty()) return *profile;
  }
  return "default";
}

}  // namespace verba
