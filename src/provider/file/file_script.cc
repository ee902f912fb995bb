// SPDX-License-Identifier: Apache-2.0
#include "provider/file/file_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace verba {
namespace {

/// POSIX sh and the tools that are everywhere. Standard input: a line for each order, an empty line, the contents.
/// New content is written beside its place (.NAME.verba-new), what somebody else had there is kept beside it
/// (.NAME.verba-before); once that came back, a second delete does not take it for ours. Nothing takes its place before
/// everything is checked, written and on the disk.
constexpr std::string_view script = R"sh(set -efu
umask 077
export LC_ALL=C
passes=$1 mode=$2 inner=$3 owner=$4 overwrite=$5 parents=$6 root=$7 known=$8
tab=$(printf '\t')
exec 3<&0
list= count=0 stage=
while IFS= read -r line && [ -n "$line" ]; do
  case $line in put*) count=$((count + 1)) ;; esac
  list="$list$line
"
done
case $root in /*) here=$root ;; *) here=$PWD/${root#./} ;; esac
if [ "$here" = "$known" ]; then here=known; fi
printf 'in\t%s\n' "$PWD"

there() { [ -e "$1" ] || [ -L "$1" ]; }
mine() { [ "$here" = known ] && [ "$whose" = ours ]; }
no() { printf 'no\t%s\t%s\n' "$1" "$2"; exit 3; }
sha() {
  s=$({ sha256sum || shasum -a 256 || openssl dgst -sha256 -r; } 2>/dev/null <"$1") || s=
  printf %s "${s%% *}"
}
same() { [ -f "$1" ] && [ ! -L "$1" ] && [ "$(sha "$1")" = "$digest" ]; }
flush() { sync "$1" 2>/dev/null || :; }
own() {
  if [ "$owner" != - ]; then chown "$owner" "$1"; fi
  chmod "$2" "$1"
}
make() {
  if [ -z "$1" ] || [ -d "$1" ]; then return 0; fi
  make "${1%/*}"
  mkdir "$1"
  printf 'made\t%s\n' "$1"
  case $1/ in "$root"/*) own "$1" "$inner" ;; *) chmod 755 "$1" ;; esac
}
content() {
  if [ "$size" = 0 ]; then return 0; fi
  if [ "$count" = 1 ]; then cat <&3; else tail -c "+$offset" "$stage" | head -c "$size"; fi
}
check_put() {
  if there "$p"; then
    [ -L "$p" ] || [ -f "$p" ] || no other "$p"
    same "$p" || mine || [ "$overwrite" = yes ] || no foreign "$p"
  fi
}
stage_put() {
  rm -f "$new"
  if ! same "$p"; then
    make "${pre%/}"
    set -C
    content >"$new"
    set +C
    if [ "$(sha "$new")" != "$digest" ]; then
      echo "what was written to $new is not what it should be: is the disk full, or sha256sum missing?" >&2
      exit 1
    fi
    flush "$new"
    own "$new" "$mode"
  fi
  offset=$((offset + size))
}
keep() {
  if [ ! -L "$p" ] && ln "$p" "$old" 2>/dev/null; then return 0; fi
  rm -f "$old.part"
  cp -pP "$p" "$old.part"
  mv -f "$old.part" "$old"
}
commit_put() {
  if [ -f "$new" ]; then
    if there "$p" && ! mine && ! there "$old"; then keep; fi
    if [ -L "$p" ]; then rm -f "$p"; fi
    mv -f "$new" "$p"
    flush "$pre"
  else
    own "$p" "$mode"
  fi
}
commit_drop() {
  rm -f "$new"
  if there "$old"; then
    if [ -d "$p" ] && [ ! -L "$p" ]; then no other "$p"; fi
    if [ -L "$p" ]; then rm -f "$p"; fi
    mv -f "$old" "$p"
  elif same "$p" || { mine && [ "$overwrite" = no ]; }; then
    rm -f "$p"
  elif there "$p"; then
    printf 'left\t%s\n' "$p"
  fi
}
look() {
  if [ -L "$p" ]; then
    printf 'is\tlink\t%s\n' "$p"
  elif [ -f "$p" ] || [ -d "$p" ]; then
    what=directory d=
    if [ -f "$p" ]; then what=file d=$(sha "$p"); fi
    set -- $(ls -ldn "$p")
    m=$1 u=$3 g=$4
    set -- $(ls -ld "$p")
    printf 'is\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' $what "$m" "$3" "$4" "$u" "$g" "${d:--}" "$p"
  elif [ -e "$p" ]; then
    printf 'is\tother\t%s\n' "$p"
  elif [ -d "$pre" ] && [ ! -x "$pre" ]; then
    printf 'is\tunseen\t%s\n' "$p"
  else
    printf 'is\tabsent\t%s\n' "$p"
  fi
}
walk() {
  offset=1
  while IFS=$tab read -r op size digest whose p; do
    n=${p##*/}
    pre=${p%"$n"}
    new=$pre.$n.verba-new old=$pre.$n.verba-before
    case $1.$op in
      check.put) check_put ;;
      stage.put) stage_put ;;
      commit.put) commit_put ;;
      commit.drop) commit_drop ;;
      commit.own) if [ -d "$p" ] && [ ! -L "$p" ]; then own "$p" "$inner"; fi ;;
      commit.leave) rmdir "$p" 2>/dev/null || : ;;
      look.look) look ;;
      tidy.put) rm -f "$new" ;;
    esac
  done <<LIST
$list
LIST
}
finish() {
  code=$?
  set +e
  trap - EXIT
  if [ -n "$stage" ]; then rm -f "$stage"; fi
  if [ $code != 0 ] && [ "$count" != 0 ]; then walk tidy; fi
  exit $code
}
trap finish EXIT
trap 'exit 143' TERM INT HUP
if [ "$parents" = no ] && [ ! -d "${root%/*}/" ]; then no parent "$root"; fi
if [ "$count" -gt 1 ]; then
  stage=$(mktemp "${TMPDIR:-/tmp}/verba.XXXXXXXXXX")
  cat <&3 >"$stage"
fi
for pass in $passes; do walk "$pass"; done
)sh";

std::string_view word_of(FileOrder::Kind kind) {
  switch (kind) {
    case FileOrder::Kind::put:
      return "put";
    case FileOrder::Kind::drop:
      return "drop";
    case FileOrder::Kind::own_directory:
      return "own";
    case FileOrder::Kind::leave_directory:
      return "leave";
    case FileOrder::Kind::look:
      break;
  }
  return "look";
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  for (;;) {
    const std::size_t end = line.find('\t');
    fields.emplace_back(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

/// "-rwxr-sr-x" is "2755".
std::string octal_mode(std::string_view text) {
  if (text.size() < 10) return "";
  unsigned mode = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    const char c = text[i + 1];
    const bool set = i % 3 == 2 ? c == 'x' || c == 's' || c == 't' : c != '-';
    if (set) mode |= 0400u >> i;
    if (i % 3 == 2 && (c == 's' || c == 'S' || c == 't' || c == 'T')) mode |= 04000u >> (i / 3);
  }
  return fmt::format("{:04o}", mode);
}

FileSeen seen_of(const std::vector<std::string>& fields) {
  FileSeen seen;
  seen.path = fields.back();
  if (fields[1] == "absent") seen.kind = FileSeen::Kind::absent;
  if (fields[1] == "link") seen.kind = FileSeen::Kind::link;
  if (fields[1] == "other") seen.kind = FileSeen::Kind::other;
  if ((fields[1] != "file" && fields[1] != "directory") || fields.size() != 9) return seen;
  seen.kind = fields[1] == "file" ? FileSeen::Kind::file : FileSeen::Kind::directory;
  seen.mode = octal_mode(fields[2]);
  seen.user = fields[3];
  seen.group = fields[4];
  seen.user_id = fields[5];
  seen.group_id = fields[6];
  seen.digest = parse_digest(fields[7]);
  return seen;
}

}  // namespace

Work work_of(const FileOrders& orders) {
  Work work;
  work.argv = {"sh",
               "-c",
               std::string(script),
               "verba-file",
               orders.passes,
               orders.mode,
               orders.directory_mode,
               orders.owner,
               orders.overwrite ? "yes" : "no",
               orders.parents ? "yes" : "no",
               orders.root,
               orders.known};
  for (const FileOrder& order : orders.list) {
    work.input += fmt::format("{}\t{}\t{}\t{}\t{}\n", word_of(order.kind), order.content.size(), order.digest.hex(),
                              order.ours ? "ours" : "new", order.path);
  }
  work.input += '\n';
  for (const FileOrder& order : orders.list) work.input += order.content;
  return work;
}

std::string FileReport::absolute(const std::string& path) const {
  if (!path.starts_with("./")) return path;
  return (directory == "/" ? "" : directory) + path.substr(1);
}

FileReport read_report(std::string_view printed) {
  FileReport report;
  while (!printed.empty()) {
    const std::size_t end = std::min(printed.find('\n'), printed.size());
    const std::vector<std::string> fields = fields_of(printed.substr(0, end));
    printed.remove_prefix(std::min(end + 1, printed.size()));
    if (fields.size() < 2) continue;
    if (fields[0] == "in") report.directory = fields[1];
    if (fields[0] == "made") report.made.push_back(fields[1]);
    if (fields[0] == "left") report.left.push_back(fields[1]);
    if (fields[0] == "is" && fields.size() > 2) report.seen.push_back(seen_of(fields));
    if (fields[0] == "no" && fields.size() == 3) {
      report.refused = fields[1];
      report.refused_path = fields[2];
    }
  }
  return report;
}

}  // namespace verba
