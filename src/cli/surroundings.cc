// SPDX-License-Identifier: Apache-2.0
#include "cli/surroundings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "aws/endpoint.h"
#include "aws/logins.h"
#include "aws/secret_name.h"
#include "base/error.h"
#include "base/utf8.h"
#include "cli/aws_secrets.h"
#include "cli/state_key.h"
#include "manifest/aws_accounts.h"
#include "manifest/locations/load.h"
#include "manifest/named_file.h"
#include "os/large_file.h"
#include "os/process.h"
#include "provider/mask.h"
#include "value/json.h"
#include "value/text.h"

namespace verba {
namespace {

using Text = std::variant<std::string, NotFound>;

constexpr Milliseconds kCommandLimit{60'000};
constexpr std::size_t kCommandBytes = 16u << 20;
constexpr std::size_t kComplaintBytes = 2000;

std::string without_line_ends(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::string from_directory(const std::string& path, const std::string& directory) {
  return path.starts_with("/") || directory.empty() ? path : directory + "/" + path;
}

/// What a program complained of, without what it printed: that is the answer, or a part of it.
std::string complaint_without(const std::string& complaint, std::string printed) {
  Value answer(std::move(printed));
  answer.secret = true;
  SecretWords words;
  words.add(answer);
  return without_line_ends(words.mask(complaint).substr(0, kComplaintBytes));
}

std::string ending_of(ExitStatus status) {
  if (status.signal != 0) return fmt::format("was killed by signal {}", status.signal);
  return fmt::format("ended with exit code {}", status.code);
}

/// Runs a program whose standard output is the answer; what it says on standard error ends up in the hint.
Text ask_program(System& system, std::vector<std::string> argv, const std::string& directory,
                 std::vector<std::pair<std::string, std::string>> environment, const std::string& what) {
  Stop stop;
  std::string complaint;
  std::size_t printed_bytes = 0;
  RunOptions options;
  options.timeout = kCommandLimit;
  options.capture_bytes = kCommandBytes;
  options.sink = [&](Stream stream, std::string_view bytes) {
    if (stream == Stream::output) {
      printed_bytes += bytes.size();
      if (printed_bytes > kCommandBytes) stop.request();
    } else if (complaint.size() < 16 * kComplaintBytes) {
      complaint += bytes;
    }
  };
  Finished finished =
      wait_for(system, run(system, Command{std::move(argv), std::move(environment), directory, ""}, stop, options));
  if (finished.why == Ended::timeout) {
    return NotFound{what + " took longer than " + to_string(kCommandLimit) + " and was ended",
                    "it must answer without asking anybody: it has no terminal and no standard input"};
  }
  if (printed_bytes > kCommandBytes) {
    return NotFound{fmt::format("{} printed more than {} MiB and was ended", what, kCommandBytes >> 20),
                    "all that it prints is the value: let it print that alone"};
  }
  if (!finished.status.success()) {
    return NotFound{what + " " + ending_of(finished.status), complaint_without(complaint, std::move(finished.output))};
  }
  return without_line_ends(std::move(finished.output));
}

/// What is behind the root, of a path that begins in a commit of the cache and leads out of it: by .., or by a link.
std::optional<std::string> leads_out(System& system, const std::string& cache, const std::string& path) {
  if (cache.empty() || !path.starts_with(cache + "/")) return std::nullopt;
  const auto tree = path.find("/tree/", cache.size());
  if (tree == std::string::npos) return std::nullopt;
  const std::string root = system.absolute(path.substr(0, tree)) + "/tree/";
  const bool inside = (system.absolute(path) + "/").starts_with(root);
  return inside ? std::nullopt : std::optional(path.substr(tree + 6));
}

/// Why a file is not read. Devices and pipes may never end.
std::optional<NotFound> obstacle(System& system, const FetchSettings& fetch, const std::string& path) {
  if (const auto inner = leads_out(system, fetch.cache, path)) {
    return NotFound{"'" + *inner + "' leads out of its repository", "keep what a manifest needs in its repository"};
  }
  if (system.kind_of(path) == DirectoryEntry::Kind::other) return NotFound{"'" + path + "' is no regular file", ""};
  return std::nullopt;
}

Text read_text(System& system, const FetchSettings& fetch, const std::string& path,
               std::uint64_t limit_bytes = largest_file_bytes) {
  try {
    if (auto why_not = obstacle(system, fetch, path)) return *std::move(why_not);
    if (auto text = system.read_file(path, limit_bytes)) return *std::move(text);
  } catch (const Error& error) {
    return NotFound{error.what(), error.diagnostic().hint};
  }
  return NotFound{"there is no file '" + path + "'", "paths start at the directory of the manifest that names them"};
}

/// Nothing of what read_text() reads, or knows why it cannot.
std::optional<LargeFile> read_large(System& system, const FetchSettings& fetch, const std::string& path) {
  try {
    if (obstacle(system, fetch, path)) return std::nullopt;
    if (system.read_part(path, largest_file_bytes, 1).value_or("").empty()) return std::nullopt;
    return sum_up(system, path);
  } catch (const Error&) {
    return std::nullopt;
  }
}

constexpr std::size_t kTreeFiles = 10'000;

/// What belongs to the directory's own machinery, and would change with each run: not part of it.
bool is_own(std::string_view inner) {
  return inner.starts_with(".verba/") || inner.starts_with(".git/");
}

/// On one line and in UTF-8, whatever is in it: "a\x0ab".
std::string shown_name(std::string_view name) {
  const bool is_text = is_utf8(name);
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = byte < 0x80 ? byte >= 0x20 && byte != 0x7F : is_text;
    text += is_plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return text;
}

/// The files below a directory.
class Tree {
 public:
  Tree(System& system, const FetchSettings& fetch, std::string root)
      : system_(system), fetch_(fetch), root_(std::move(root)) {}
  /// What is wrong with it, or nothing. Adds those below `inner`.
  std::optional<NotFound> read(const std::string& inner = {});
  std::vector<std::string> names;

 private:
  /// What is wrong with something in the directory `here`.
  std::optional<NotFound> fault_of(const std::string& here, const DirectoryEntry& entry) const;

  System& system_;
  const FetchSettings& fetch_;
  std::string root_;
  std::vector<std::string> above_;  ///< where the directories really are in which we are
};

std::optional<NotFound> Tree::fault_of(const std::string& here, const DirectoryEntry& entry) const {
  const std::string path = here + "/" + shown_name(entry.name);
  const char* rename = "give it another name";
  if (has_control(entry.name)) return NotFound{"the name of '" + path + "' has a control character in it", rename};
  if (!is_utf8(entry.name)) return NotFound{"the name of '" + path + "' is not UTF-8 text", rename};
  if (entry.kind == DirectoryEntry::Kind::other && !system_.kind_of(here + "/" + entry.name)) {
    return NotFound{"'" + path + "' is a link that leads nowhere", "remove it, or make what it leads to"};
  }
  return std::nullopt;
}

std::optional<NotFound> Tree::read(const std::string& inner) {
  const std::string here = inner.empty() ? root_ : root_ + "/" + inner;
  if (auto why_not = obstacle(system_, fetch_, here)) return why_not;
  std::string real = system_.absolute(here);
  if (std::ranges::find(above_, real) != above_.end()) {
    return NotFound{fmt::format("'{}' is '{}' again", here, real), "a link leads in a circle: remove it"};
  }
  above_.push_back(std::move(real));
  for (const DirectoryEntry& entry : system_.list_directory(here).value_or(std::vector<DirectoryEntry>())) {
    const std::string name = inner.empty() ? entry.name : inner + "/" + entry.name;
    if (auto wrong = is_own(name) ? std::nullopt : fault_of(here, entry)) return wrong;
    if (names.size() >= kTreeFiles) return NotFound{fmt::format("'{}' has more than {} files", root_, kTreeFiles), ""};
    if (entry.kind != DirectoryEntry::Kind::directory) {
      names.push_back(name);
    } else if (auto wrong = read(name)) {
      return wrong;
    }
  }
  above_.pop_back();
  return std::nullopt;
}

/// The files of a tree, one a line, of a path that ends with /. No message: it is no directory.
Text list_tree(System& system, const FetchSettings& fetch, const std::string& path) {
  const std::string root = path.substr(0, path.size() - 1);
  try {
    if (system.kind_of(root) != DirectoryEntry::Kind::directory) return NotFound{};
    Tree tree(system, fetch, root);
    if (auto wrong = tree.read()) return *std::move(wrong);
    std::ranges::sort(tree.names);
    std::string text;
    for (const std::string& name : tree.names) text += name + "\n";
    return text;
  } catch (const Error& error) {
    return NotFound{error.what(), error.diagnostic().hint};
  }
}

using Raw = std::variant<std::vector<RawFile>, NotFound>;

/// Adds one of them, as it is; what is wrong, or nothing.
std::optional<NotFound> add_raw(System& system, const FetchSettings& fetch, const std::string& root,
                                const std::string& inner, std::vector<RawFile>& files) {
  const std::string path = inner.empty() ? root : root + "/" + inner;
  const bool leads_out = !inner.empty() && !system.absolute(path).starts_with(system.absolute(root) + "/");
  if (leads_out) {
    return NotFound{fmt::format("'{}' is a link that leads out of '{}'", path, root), "put what it leads to there"};
  }
  if (!is_utf8(path)) return NotFound{fmt::format("the name of '{}' is not UTF-8 text", shown_name(path)), ""};
  Text text = read_text(system, fetch, path, largest_raw_bytes);
  if (auto* missing = std::get_if<NotFound>(&text)) return std::move(*missing);
  files.push_back({inner, std::get<std::string>(std::move(text)), system.is_executable(path)});
  return std::nullopt;
}

Raw read_raw(System& system, const FetchSettings& fetch, const std::string& path) {
  const Text listed = list_tree(system, fetch, path + "/");
  std::vector<std::string> names;
  if (const auto* list = std::get_if<std::string>(&listed)) {
    for (std::size_t begin = 0, end; (end = list->find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (std::string name = list->substr(begin, end - begin); !is_own(name)) names.push_back(std::move(name));
    }
    if (names.empty()) return NotFound{fmt::format("there is no file in the directory '{}'", path), "put one there"};
  } else if (const auto& none = std::get<NotFound>(listed); !none.message.empty()) {
    return none;
  } else {
    names.emplace_back();
  }
  std::vector<RawFile> files;
  std::uint64_t bytes = 0;
  for (const std::string& name : names) {
    if (std::optional<NotFound> wrong = add_raw(system, fetch, path, name, files)) return *std::move(wrong);
    bytes += files.back().content.size();
    if (bytes > largest_raw_bytes)
      return NotFound{fmt::format("'{}' has more than {} MiB", path, largest_raw_bytes >> 20), ""};
  }
  return files;
}

/// A file that has to be fetched: by its URL, or out of a repository.
Text fetch_text(System& system, const FetchSettings& fetch, const std::string& location) {
  const auto parsed = parse_location(location);
  if (const auto* bad = std::get_if<BadLocation>(&parsed)) return NotFound{bad->message, bad->hint};
  const Origin& origin = std::get<Origin>(parsed);
  if (!origin.user.empty() || !origin.password.empty()) {
    return NotFound{"credentials have no place in '" + shown(origin) + "'", "use a credential helper of git"};
  }
  Fetched fetched = fetch_all({origin}, fetch, system).front();
  if (const auto* bad = std::get_if<BadLocation>(&fetched)) return NotFound{bad->message, bad->hint, bad->unreachable};
  if (auto* text = std::get_if<std::string>(&fetched)) return std::move(*text);
  const Checkout& checkout = std::get<Checkout>(fetched);
  const std::string path = checkout.root + "/" + origin.directory;
  if (system.kind_of(path) == DirectoryEntry::Kind::file) return read_text(system, fetch, path);
  return NotFound{"there is no file '" + shown(origin) + "'", "write //PATH/OF/FILE after the repository"};
}

Text read_place(System& system, const FetchSettings& fetch, const std::string& place) {
  if (!place.starts_with('/') && is_remote_location(place)) return fetch_text(system, fetch, place);
  return read_text(system, fetch, place);
}

NotFound no_such_scheme(const std::string& scheme) {
  return {"secrets do not come from '" + scheme + "'",
          "they come from env:NAME, file:PATH, command:LINE, ssm:NAME or secretsmanager:ID#KEY", false, true};
}

Text find_secret(System& system, const FetchSettings& fetch, AwsSecrets& aws, const SecretQuestion& question) {
  const auto& [reference, directory, where, account, place] = question;
  if (const auto name = read_aws_secret(reference)) return aws.find(*name, question);
  const auto colon = reference.find(':');
  const std::string scheme = reference.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : reference.substr(colon + 1);
  if (scheme == "env" && colon != std::string::npos) {
    if (is_key_variable(rest)) return NotFound{rest + " is the key of the state, and no secret of manifests", ""};
    if (auto value = system.variable(rest)) return *std::move(value);
    return NotFound{"the environment variable " + rest + " is not set", "export it before running verba"};
  }
  if (scheme == "file" && colon != std::string::npos) {
    Text answer = read_text(system, fetch, from_directory(rest, directory));
    if (auto* text = std::get_if<std::string>(&answer)) return without_line_ends(std::move(*text));
    return answer;
  }
  if (scheme == "command" && colon != std::string::npos) {
    return ask_program(system, {"sh", "-c", rest}, directory, operators_environment(system),
                       "the command of the secret");
  }
  return no_such_scheme(scheme);
}

/// Is it one that could be asked for?
TextAnswer look_at_secret(const std::string& reference) {
  const std::string scheme = reference.substr(0, reference.find(':'));
  const bool is_known = scheme == "env" || scheme == "file" || scheme == "command";
  if (read_aws_secret(reference) || (is_known && scheme.size() < reference.size())) return Unknown{};
  return no_such_scheme(scheme);
}

std::string text_of(const Value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? value->string() : to_json(*value, SecretsAs::clear);
}

std::vector<std::string> texts_of(const Value* value) {
  std::vector<std::string> texts;
  if (value == nullptr || value->is_null()) return texts;
  if (!value->is_list()) return {text_of(value)};
  for (const Value& item : value->list()) texts.push_back(text_of(&item));
  return texts;
}

/// A ShellScript manifest asked for a value.
Text run_script(System& system, const FetchSettings& fetch, const Manifest& script) {
  std::vector<std::string> argv = texts_of(script.spec.find("interpreter"));
  if (argv.empty()) argv = {"sh", "-eu"};
  if (argv.size() == 1 && argv.front() == "sh") argv.push_back("-eu");
  if (const Value* data = script.spec.find("run"); data != nullptr && !data->is_null()) {
    argv.insert(argv.end(), {"-c", text_of(data), script.name});
  } else if (const std::string source = text_of(script.spec.find("source")); is_remote_location(source)) {
    Text text = fetch_text(system, fetch, source);
    if (std::holds_alternative<NotFound>(text)) return text;
    argv.insert(argv.end(), {"-c", std::get<std::string>(std::move(text)), script.name});
  } else {
    argv.push_back(from_directory(source, script.directory));
  }
  for (std::string& argument : texts_of(script.spec.find("arguments"))) argv.push_back(std::move(argument));
  auto environment = operators_environment(system);
  if (const Value* more = script.spec.find("environment"); more != nullptr && more->is_map()) {
    for (const auto& [key, value] : more->map()) environment.emplace_back(key.name, text_of(&value));
  }
  return ask_program(system, std::move(argv), script.directory, std::move(environment),
                     "the script '" + script.name + "'");
}

/// What a secret was asked for by: its reference, the directory and the account.
using SecretKey = std::tuple<std::string, std::string, std::string>;

/// Answers by what was asked.
struct Memory {
  explicit Memory(AwsLogins& logins) : aws(logins) {}
  AwsSecrets aws;
  std::map<std::string, Text> files;
  std::map<std::string, Raw> raw;
  std::map<std::string, std::optional<LargeFile>> large;
  std::map<SecretKey, Text> secrets;
  std::set<SecretKey> asked;  ///< those that are asked for now
  std::map<std::string, Text> scripts;
};

template <class Key, class Answer, class Ask>
const Answer& remembered(std::map<Key, Answer>& answers, const Key& key, Ask&& ask) {
  const auto found = answers.find(key);
  return found != answers.end() ? found->second : answers.emplace(key, ask()).first->second;
}

/// To get into an account may take other secrets, and those may take this one again where nobody could tell before.
Text ask_once(System& system, const FetchSettings& fetch, Memory& memory, const SecretKey& key,
              const SecretQuestion& question) {
  const auto [asked, is_new] = memory.asked.insert(key);
  if (!is_new) {
    return NotFound{"to ask for this secret takes this secret", "get into its account without it", false, true};
  }
  Text answer = as_text(find_secret(system, fetch, memory.aws, question), "the secret");
  memory.asked.erase(asked);
  return answer;
}

TextAnswer answer_of(const Text& text) {
  if (const auto* missing = std::get_if<NotFound>(&text)) return *missing;
  return std::get<std::string>(text);
}

}  // namespace

Surroundings make_surroundings(System& system, const FetchSettings& fetch, std::shared_ptr<AwsLogins> logins) {
  Surroundings surroundings;
  surroundings.logins = logins ? std::move(logins) : std::make_shared<AwsLogins>(system);
  const auto memory = std::make_shared<Memory>(*surroundings.logins);
  surroundings.file = [&system, memory, fetch](const std::string& path) {
    return remembered(memory->files, path, [&]() -> Text {
      if (path.ends_with('/')) return list_tree(system, fetch, path);
      return read_place(system, fetch, path);
    });
  };
  surroundings.raw = [&system, memory, fetch](const std::string& path) {
    return remembered(memory->raw, path, [&] { return read_raw(system, fetch, path); });
  };
  surroundings.large = [&system, memory, fetch](const std::string& path) {
    return remembered(memory->large, path, [&] { return read_large(system, fetch, path); });
  };
  surroundings.secret = [&system, memory, fetch](const SecretQuestion& question) {
    const SecretKey key(question.reference, question.directory, question.account ? question.account->name : "");
    return answer_of(remembered(memory->secrets, key, [&] { return ask_once(system, fetch, *memory, key, question); }));
  };
  surroundings.variable = [&system](const std::string& name) -> std::optional<Value> {
    if (is_key_variable(name)) return std::nullopt;
    auto value = system.variable(name);
    if (value && !is_utf8(*value)) {
      throw Error(Error::Kind::usage, "usage.not-utf8", "the environment variable " + name + " is not UTF-8 text");
    }
    return value;
  };
  surroundings.region = [&system, logins = surroundings.logins](const Account& account) {
    return region_of(aws_whereabouts(account), logins->configuration(), system);
  };
  surroundings.script = [&system, memory, fetch](const Manifest& script) {
    return answer_of(remembered(memory->scripts, script.name, [&] {
      return as_text(run_script(system, fetch, script), "what the script '" + script.name + "' printed");
    }));
  };
  surroundings.now = [&system] { return to_string(system.now()); };
  return surroundings;
}

Surroundings rehearsed(Surroundings surroundings) {
  surroundings.secret = [](const SecretQuestion& question) { return look_at_secret(question.reference); };
  surroundings.variable = [ask = std::move(surroundings.variable)](const std::string& name) -> std::optional<Value> {
    std::optional<Value> value = ask(name);
    return value ? value : Value(Unknown{});
  };
  surroundings.script = [](const Manifest&) -> TextAnswer { return Unknown{}; };
  return surroundings;
}

}  // namespace verba
