// SPDX-License-Identifier: Apache-2.0
#include "aws/configuration.h"

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

AwsSection* section_of(std::string_view heading, AwsFile file, AwsConfiguration& configuration) {
  if (file == AwsFile::credentials) return &configuration.profiles[std::string(heading)];
  if (heading == "default") return &configuration.profiles["default"];
  if (const auto name = name_after(heading, "profile"); !name.empty())
    return &configuration.profiles[std::string(name)];
  if (const auto name = name_after(heading, "sso-session"); !name.empty()) {
    return &configuration.sso_sessions[std::string(name)];
  }
  if (const auto name = name_after(heading, "services"); !name.empty()) {
    return &configuration.services[std::string(name)];
  }
  return nullptr;
}

}  // namespace

std::string_view AwsConfiguration::setting(std::string_view profile, std::string_view name) const {
  const auto section = profiles.find(profile);
  if (section == profiles.end()) return {};
  const auto found = section->second.find(name);
  return found == section->second.end() ? std::string_view() : std::string_view(found->second);
}

void read_aws_file(std::string_view text, AwsFile file, AwsConfiguration& configuration) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  AwsSection* section = nullptr;
  std::string above;  // the setting that indented ones belong to
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (content.front() == '[') {
      section = section_of(trimmed(content.substr(1, content.find(']') - 1)), file, configuration);
      above.clear();
      continue;
    }
    const std::size_t equals = content.find('=');
    if (section == nullptr || equals == std::string_view::npos) continue;
    const std::string name = lower(trimmed(content.substr(0, equals)));
    const std::string_view value = without_comment(content.substr(equals + 1));
    const bool indented = blanks.find(line.front()) != std::string_view::npos;
    if (!indented) above = value.empty() ? name : "";
    (*section)[indented && !above.empty() ? above + "." + name : name] = value;
  }
}

std::string home_path(System& system, const std::string& path) {
  return path.starts_with("~/") ? system.variable("HOME").value_or("") + path.substr(1) : path;
}

AwsConfiguration read_aws_configuration(System& system) {
  AwsConfiguration configuration;
  const auto read = [&](const char* variable, const char* usual, AwsFile file) {
    const std::string path = home_path(system, system.variable(variable).value_or(usual));
    if (const auto text = system.read_file(path)) read_aws_file(*text, file, configuration);
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
