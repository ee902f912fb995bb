// SPDX-License-Identifier: Apache-2.0
#include "provider/file/file_provider.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "provider/file/file_type.h"
#include "provider/workbench.h"
#include "value/json.h"

namespace verba {
namespace {

namespace fs = std::filesystem;

class FileProviderTest : public Workbench {
 protected:
  FileProviderTest() : Workbench(file_type()) {}
  Resource file(std::string_view yaml) { return resource(yaml); }
  Resource tree(std::string_view yaml, const std::vector<std::pair<std::string, std::string>>& files) {
    Resource made = file(yaml);
    for (const auto& [inner, content] : files) {
      made.files.push_back({"source", "conf/" + inner, sha256(content), content, inner});
    }
    return made;
  }

  Outcome apply(Resource wanted, std::optional<Recorded> before = std::nullopt) {
    return wait_for(*system_, file_->apply(std::move(wanted), std::move(before), attempt_));
  }
  /// What state would have of it.
  Recorded applied(const Resource& wanted, std::optional<Recorded> before = std::nullopt) {
    Outcome outcome = apply(wanted, std::move(before));
    auto* done = std::get_if<Succeeded>(&outcome);
    EXPECT_NE(done, nullptr) << message(outcome);
    return {wanted, done != nullptr ? done->outputs : Value()};
  }
  std::string rollback(Recorded done, std::optional<Recorded> before) {
    return message(wait_for(*system_, file_->rollback(std::move(done), std::move(before), attempt_)));
  }
  std::string remove(Recorded recorded) {
    return message(wait_for(*system_, file_->remove(std::move(recorded), attempt_)));
  }
  std::string look(const Recorded& recorded) {
    const Observed seen = wait_for(*system_, file_->observe(recorded, attempt_));
    const char* words[] = {"absent", "present", "drifted", "in progress", "unknown"};
    return words[static_cast<std::size_t>(seen.state)] + (seen.detail.empty() ? "" : ": " + seen.detail);
  }

  static std::string message(const Outcome& outcome) {
    if (const auto* failed = std::get_if<Failed>(&outcome)) return failed->message;
    return std::holds_alternative<Succeeded>(outcome) ? "" : "neither succeeded nor failed";
  }
  std::string read(const std::string& name) const {
    std::ifstream in(root_ + "/" + name);
    if (!in) return "(absent)";
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void write(const std::string& name, std::string_view content, unsigned mode = 0644) const {
    std::ofstream(root_ + "/" + name) << content;
    ::chmod((root_ + "/" + name).c_str(), mode);
  }
  unsigned mode(const std::string& name) const {
    struct stat status {};
    return ::lstat((root_ + "/" + name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  /// The names in the directory, hidden ones too.
  std::string names(const std::string& name = ".") const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(root_ + "/" + name)) all.push_back(entry.path().filename());
    std::ranges::sort(all);
    std::string text;
    for (const std::string& one : all) text += (text.empty() ? "" : " ") + one;
    return text;
  }
  std::string mistakes(std::string_view yaml) {
    Sources sources;
    Diagnostics diagnostics;
    auto documents = parse_yaml(sources, sources.add("with", std::string(yaml)), diagnostics);
    check_fields(documents.at(0), file_->type().inputs, "the test", false, sources, diagnostics);
    file_->validate(documents.at(0), {}, diagnostics);
    std::string all;
    for (const Diagnostic& one : diagnostics.all()) all += std::string(one.code) + ": " + one.message + "\n";
    return all;
  }

  std::unique_ptr<Provider> file_ = make_file_provider();
};

TEST_F(FileProviderTest, WritesReplacesAndRemoves) {
  const Resource one = file(R"({path: a/b/f, content: "one\n", mode: "0640"})");
  const Recorded made = applied(one);
  EXPECT_EQ(read("a/b/f"), "one\n");
  EXPECT_EQ(mode("a/b/f"), 0640u);
  EXPECT_EQ(mode("a/b"), 0755u);
  EXPECT_EQ(names("a/b"), "f");
  EXPECT_EQ(made.outputs.find("path")->string(), root_ + "/a/b/f");
  EXPECT_EQ(made.outputs.find("sha256")->string(), sha256("one\n").hex());
  EXPECT_EQ(look(made), "present");
  const Recorded two = applied(file(R"({path: a/b/f, content: "two"})"), made);
  EXPECT_EQ(read("a/b/f"), "two");
  EXPECT_EQ(mode("a/b/f"), 0644u);
  EXPECT_EQ(remove(two), "");
  EXPECT_EQ(look(two), "absent");
  EXPECT_EQ(names(), "") << "the directories that were made go too";
  EXPECT_EQ(remove(two), "") << "what is gone is removed";
}

TEST_F(FileProviderTest, WhatLeadsNowhereInAPathIsNoDirectory) {
  const Recorded made = applied(file("{path: 'a//./b///f', content: one}"));
  EXPECT_EQ(made.outputs.find("path")->string(), root_ + "/a/b/f");
  EXPECT_EQ(mode("a"), 0755u);
  EXPECT_EQ(look(made), "present");
  const Recorded two = applied(file("{path: ./a/b/f, content: two}"), made);
  EXPECT_EQ(read("a/b/f"), "two") << "it is the same one";
  const Recorded above = applied(file("{path: '" + root_ + "//c/.//f', content: one}"));
  EXPECT_EQ(above.outputs.find("path")->string(), root_ + "/c/f");
  EXPECT_EQ(remove(two) + remove(above), "");
  EXPECT_EQ(names(), "");
}

TEST_F(FileProviderTest, DirectoriesThatWereMadeGoWhereItFails) {
  fs::create_directory(root_ + "/a");
  write("a/keep", "");
  EXPECT_NE(message(apply(file("{path: a/b/c/f, content: x, owner: nobody-of-that-name}"))), "");
  EXPECT_EQ(names("a"), "keep");
}

TEST_F(FileProviderTest, AnyContentAndName) {
  const std::string awkward = "it's \"a\" $HOME `x` \\n\n\ttab é no line end";
  Resource wanted = file("{path: \"a b/-it's $x*\", content: ''}");
  wanted.inputs.map().set("content", awkward);
  const Recorded made = applied(wanted);
  EXPECT_EQ(read("a b/-it's $x*"), awkward);
  EXPECT_EQ(look(made), "present");
  applied(file("{path: '-n', content: ''}"));
  EXPECT_EQ(read("-n"), "");
  wanted = file("{path: big, content: ''}");
  wanted.inputs.map().set("content", std::string(3 << 20, 'x'));
  applied(wanted);
  EXPECT_EQ(read("big").size(), 3u << 20);
  EXPECT_EQ(log_, "");
}

TEST_F(FileProviderTest, ATreeOfAnyBytesAndNames) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::string long_one(70 << 10, '\0');
  std::vector<std::pair<std::string, std::string>> files = {{"a/-n it's $x*", all + all},
                                                            {"a/b/c", "\\0101 \\c %s\n\n"},
                                                            {"a/empty", ""},
                                                            {"a/long", long_one + all},
                                                            {"z", long_one}};
  for (int i = 0; i < 40; ++i) files.emplace_back("many/" + std::to_string(i), std::to_string(i) + "\n");
  std::ranges::sort(files);
  const Recorded made = applied(tree("{path: \"a tree\", source: conf}", files));
  for (const auto& [inner, content] : files) EXPECT_EQ(read("a tree/" + inner), content) << inner;
  EXPECT_EQ(names("a tree/a"), "-n it's $x* b empty long");
  EXPECT_EQ(look(made), "present");
  EXPECT_EQ(remove(made), "");
  EXPECT_EQ(names(), "");
  EXPECT_EQ(log_, "");
}

TEST_F(FileProviderTest, WhatMayBeExecutedStaysSo) {
  Resource wanted = tree("{path: bin, source: conf}", {{"notes", "n"}, {"run", "r"}});
  wanted.files[1].executable = true;
  const Recorded made = applied(wanted);
  EXPECT_EQ(mode("bin/notes"), 0644u);
  EXPECT_EQ(mode("bin/run"), 0755u);
  ::chmod((root_ + "/bin/run").c_str(), 0644);
  EXPECT_EQ(look(made), "drifted: run: its mode is 0644, not 0755");
  wanted.inputs.map().set("mode", "0600");
  applied(wanted, made);
  EXPECT_EQ(mode("bin/notes"), 0600u);
  EXPECT_EQ(mode("bin/run"), 0600u);
}

TEST_F(FileProviderTest, WhatAKilledRunLeftIsInNobodysWay) {
  const Resource wanted = tree("{path: etc, source: conf}", {{"a", "A"}, {"b", "B"}});
  const std::string room = ".verba-new-" + sha256(wanted.address + " ./etc").hex().substr(0, 8);
  fs::create_directories(root_ + "/etc/" + room);
  write("etc/" + room + "/a", "half");
  const Recorded made = applied(wanted);
  EXPECT_EQ(names("etc"), "a b");
  fs::create_directories(root_ + "/etc/" + room);
  write("etc/" + room + "/b", "half");
  EXPECT_EQ(remove(made), "");
  EXPECT_EQ(names("etc"), "") << "the directory was there before";
}

TEST_F(FileProviderTest, WhatOthersMadeIsNotOverwritten) {
  write("f", "theirs", 0600);
  const Resource wanted = file("{path: f, content: ours}");
  const Outcome outcome = apply(wanted);
  EXPECT_EQ(message(outcome), "'f' is there already, and this task did not make it");
  EXPECT_FALSE(std::get<Failed>(outcome).retryable);
  EXPECT_EQ(rollback({wanted, Value()}, std::nullopt), "");
  EXPECT_EQ(remove({wanted, Value()}), "");
  EXPECT_EQ(read("f"), "theirs") << "what failed to be made takes nothing away";
  EXPECT_NE(log_.find("left as it is: 'f'"), std::string::npos) << log_;
  fs::create_directory(root_ + "/d");
  EXPECT_EQ(message(apply(file("{path: d, content: x, overwrite: true}"))), "'d' is a directory or a device");
}

TEST_F(FileProviderTest, WhatWasThereBeforeComesBack) {
  write("f", "theirs", 0600);
  Recorded made = applied(file("{path: f, content: ours, overwrite: true}"));
  EXPECT_EQ(read("f"), "ours");
  EXPECT_EQ(names(), ".f.verba-before f");
  made = applied(file("{path: f, content: more, overwrite: true}"), made);
  EXPECT_EQ(remove(made), "");
  EXPECT_EQ(read("f"), "theirs");
  EXPECT_EQ(mode("f"), 0600u);
  EXPECT_EQ(names(), "f");
  made = applied(file("{path: f, content: ours, overwrite: true}"));
  EXPECT_EQ(rollback(made, std::nullopt), "");
  EXPECT_EQ(read("f"), "theirs");
}

TEST_F(FileProviderTest, ALinkIsNotFollowed) {
  write("target", "theirs");
  fs::create_symlink("target", root_ + "/f");
  EXPECT_EQ(message(apply(file("{path: f, content: ours}"))), "'f' is there already, and this task did not make it");
  const Recorded made = applied(file("{path: f, content: ours, overwrite: true}"));
  EXPECT_EQ(read("target"), "theirs");
  EXPECT_FALSE(fs::is_symlink(root_ + "/f"));
  EXPECT_EQ(remove(made), "");
  EXPECT_EQ(fs::read_symlink(root_ + "/f"), "target");
  fs::create_directory(root_ + "/d");
  fs::create_symlink("d", root_ + "/l");
  applied(file("{path: l, content: ours, overwrite: true}"));
  EXPECT_EQ(read("l"), "ours");
  EXPECT_EQ(names("d"), "");
}

TEST_F(FileProviderTest, WhatHasTheContentIsTakenOver) {
  write("f", "same", 0600);
  const Recorded made = applied(file("{path: f, content: same}"));
  EXPECT_EQ(mode("f"), 0644u);
  EXPECT_EQ(names(), "f");
  EXPECT_EQ(remove(made), "");
  EXPECT_EQ(names(), "");
}

TEST_F(FileProviderTest, FindsDrift) {
  const Recorded made = applied(file("{path: f, content: one}"));
  write("f", "changed", 0600);
  EXPECT_EQ(look(made), "drifted: its content is another, its mode is 0600, not 0644");
  Recorded again = applied(made.resource, made);
  EXPECT_EQ(look(again), "present");
  fs::remove(root_ + "/f");
  EXPECT_EQ(look(again), "absent");
  fs::create_symlink("/dev/null", root_ + "/f");
  EXPECT_EQ(look(again), "drifted: it is a symbolic link");
  again = applied(file("{path: f, content: one, owner: root}"), made);
  if (::chown((root_ + "/f").c_str(), 12345, 0) != 0) GTEST_SKIP() << "only root can give a file away";
  EXPECT_EQ(look(again), "drifted: its owner is 12345, not root");
  again = applied(again.resource, again);
  EXPECT_EQ(look(again), "present");
}

TEST_F(FileProviderTest, RollbackPutsTheFormerContentBack) {
  const Recorded one = applied(file(R"({path: f, content: one, mode: "0600"})"));
  const Resource wanted = file("{path: f, content: two}");
  const Recorded two = applied(wanted, one);
  EXPECT_EQ(rollback(two, one), "");
  EXPECT_EQ(read("f"), "one");
  EXPECT_EQ(mode("f"), 0600u);
  EXPECT_EQ(rollback({wanted, one.outputs}, one), "") << "it was not begun";
  EXPECT_EQ(read("f"), "one");
}

TEST_F(FileProviderTest, ATree) {
  const std::string_view yaml = R"({path: etc, source: conf, mode: "0640"})";
  fs::create_directory(root_ + "/etc");
  write("etc/theirs", "theirs");
  const Recorded one = applied(tree(yaml, {{"a", "A"}, {"sub/b", "B"}, {"sub/c", ""}}));
  EXPECT_EQ(names("etc"), "a sub theirs");
  EXPECT_EQ(read("etc/sub/b"), "B");
  EXPECT_EQ(mode("etc/sub/c"), 0640u);
  EXPECT_EQ(mode("etc/sub"), 0750u);
  EXPECT_EQ(look(one), "present");
  write("etc/a", "changed");
  fs::remove(root_ + "/etc/sub/b");
  EXPECT_EQ(look(one), "drifted: a: its content is another, its mode is 0644, not 0640; 1 more");
  const Recorded two = applied(tree(yaml, {{"a", "A2"}, {"new/d", "D"}}), one);
  EXPECT_EQ(names("etc"), "a new sub theirs");
  EXPECT_EQ(names("etc/sub"), "");
  EXPECT_EQ(rollback(two, one), "");
  EXPECT_EQ(read("etc/a") + read("etc/sub/b") + read("etc/new/d"), "AB(absent)");
  EXPECT_EQ(remove(one), "");
  EXPECT_EQ(names("etc"), "new theirs") << "a rollback's outputs would know of new";
}

TEST_F(FileProviderTest, ATreeIsWrittenWholeOrNotAtAll) {
  const std::string_view yaml = "{path: etc, source: conf}";
  fs::create_directory(root_ + "/etc");
  write("etc/b", "theirs");
  const Resource wanted = tree(yaml, {{"a", "A"}, {"b", "B"}, {"c", "C"}});
  EXPECT_EQ(message(apply(wanted)), "'etc/b' is there already, and this task did not make it");
  EXPECT_EQ(names("etc"), "b");
  fs::remove(root_ + "/etc/b");
  const Recorded one = applied(tree(yaml, {{"a", "A"}}));
  write("etc/b", "theirs");
  EXPECT_NE(message(apply(wanted, one)), "");
  EXPECT_EQ(rollback({wanted, one.outputs}, one), "");
  EXPECT_EQ(read("etc/a") + read("etc/b"), "Atheirs");
}

TEST_F(FileProviderTest, FailuresSayWhyAndLeaveNothing) {
  EXPECT_EQ(message(apply(file("{path: no/f, content: x, parents: false}"))), "the directory of 'no/f' is not there");
  const std::string said = message(apply(file("{path: f, content: x, owner: no-such-user}")));
  EXPECT_NE(said.find("no-such-user"), std::string::npos) << said;
  EXPECT_EQ(names(), "");
  stop_.request();
  EXPECT_EQ(message(apply(file("{path: f, content: x}"))), "neither succeeded nor failed");
}

TEST_F(FileProviderTest, ASecretIsForItsOwnerAlone) {
  Resource wanted = file("{path: f, content: ''}");
  Value content("hunter2");
  content.secret = true;
  wanted.inputs.map().set("content", std::move(content));
  const Recorded made = applied(wanted);
  EXPECT_EQ(mode("f"), 0600u);
  EXPECT_TRUE(made.outputs.find("sha256")->secret);
}

TEST_F(FileProviderTest, BadInputs) {
  EXPECT_EQ(mistakes("{path: f}"), "file.no-content: nothing says what is in it\n");
  EXPECT_EQ(mistakes("{path: f, content: x, source: y}"),
            "file.two-contents: 'content', 'source' and 'template' exclude one another\n");
  EXPECT_EQ(mistakes("{path: etc/, content: x}"), "file.path: 'etc/' cannot be the path of a file: it names no file\n");
  EXPECT_EQ(mistakes("{path: ~/f, content: x}"),
            "file.path: '~/f' cannot be the path of a file: '~' means nothing here\n");
  EXPECT_EQ(mistakes(R"({path: f, content: x, mode: "0689"})"), "file.mode: '0689' is no mode\n");
  EXPECT_EQ(mistakes("{path: f, content: x, owner: 'a:b'}"),
            "file.owner: 'a:b' cannot be the name of a user or group\n");
  EXPECT_EQ(mistakes("{path: \"${{ secret('env:X') }}\", content: x}"),
            "file.secret: 'path' may not be a secret: it is shown\n");
}

TEST_F(FileProviderTest, WhatTriesMayHaveLeftGoesWhereItIsTheirs) {
  const std::string yaml = "{path: out, source: conf}";
  const Recorded good = applied(tree(yaml, {{"one", "1"}, {"two", "2"}}));
  const Resource first = tree(yaml, {{"one", "1"}, {"a", "A"}, {"b", "B"}});
  const Resource second = tree(yaml, {{"one", "1"}, {"b", "BB"}, {"c", "C"}});
  attempt_.remains = {&first, &second};
  EXPECT_EQ(look(good), "present") << "nothing of them is there";
  write("out/a", "A");
  write("out/b", "B");
  write("out/c", "somebody's");
  EXPECT_EQ(look(good), "drifted: a: it is there still; 1 more");
  const Recorded next = applied(tree(yaml, {{"one", "1"}, {"b", "BBB"}}), good);
  EXPECT_EQ(names("out"), "b c one") << "what another try wrote is written anew";
  EXPECT_EQ(read("out/b"), "BBB");
  EXPECT_EQ(read("out/c"), "somebody's");
  write("out/a", "A");
  EXPECT_EQ(rollback(next, good), "");
  EXPECT_EQ(names("out"), "c one two");
  write("out/b", "BB");
  EXPECT_EQ(remove(good), "");
  EXPECT_EQ(names("out"), "c");
}

TEST_F(FileProviderTest, WhatTriesTookThePlaceOfComesBack) {
  const std::string yaml = "{path: out, source: conf, overwrite: true}";
  const Recorded good = applied(tree(yaml, {{"one", "1"}}));
  write("out/a", "theirs");
  const Resource tried = tree(yaml, {{"one", "1"}, {"a", "A"}});
  applied(tried, good);
  EXPECT_EQ(read("out/a"), "A");
  attempt_.remains = {&tried};
  applied(tree(yaml, {{"one", "1"}, {"a", "AA"}}), good);
  EXPECT_EQ(read("out/.a.verba-before"), "theirs") << "what is ours is not taken for theirs";
  applied(good.resource, good);
  EXPECT_EQ(read("out/a"), "theirs");
  EXPECT_EQ(read("out/.a.verba-before"), "(absent)");
}

}  // namespace
}  // namespace verba
