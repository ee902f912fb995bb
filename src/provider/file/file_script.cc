// SPDX-License-Identifier: Apache-2.0
#include "provider/file/file_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "os/process.h"

namespace verba {
namespace {

/// POSIX sh and the tools that are everywhere. To start a program costs more than a small file does, so each works on
/// many files: every pass over the orders adds paths to the arguments of one command.
///
/// It is told what to do by a text of commands in its own words, on standard input: `orders`, then the passes, and
/// between them the contents, which the shell writes itself.
///
/// New content is written into a directory beside its place (`room`), what somebody else had there is kept beside it
/// (.NAME.verba-before); once that came back, a second delete does not take it for ours. Nothing takes its place before
/// everything is checked, written and on the disk.
constexpr std::string_view script = R"sh(set -efu
umask 077
export LC_ALL=C
# What the machine exports under these names would be handed to each command, and these are long.
unset text orders paths ids dirs all line to former
mode=$1 xmode=$2 inner=$3 owner=$4 overwrite=$5 parents=$6 root=$7 known=$8 room=$9
shift 9
text_bytes=$1 text=$2
nl='
'
blanks=$IFS orders= paths= ids= dirs= last= to= raw= staging=no kept=no news=0
case $root in /*) here=$root ;; *) here=${PWD%/}/${root#./} ;; esac
if [ "$here" = "$known" ]; then here=known; fi
printf 'in\t%s\n' "$PWD"

there() { [ -e "$1" ] || [ -L "$1" ]; }
is_file() { [ -f "$p" ] && [ ! -L "$p" ]; }
is_directory() { [ -d "$p" ] && [ ! -L "$p" ]; }
mine() { [ "$whose" = tried ] || { [ "$here" = known ] && [ "$whose" = ours ]; }; }
same() { is_file && [ "$have" = "$digest" ]; }
tried() {
  is_file && case ,$tries, in *",$have,"*) [ -n "$have" ] ;; *) false ;; esac
}
is_next() { [ "$pre" != "$last" ] && last=$pre; }
no() { printf 'no\t%s\t%s\n' "$1" "$2"; exit 3; }
if command -v sha256sum >/dev/null; then
  sha() { sha256sum "$@"; }
elif command -v shasum >/dev/null; then
  sha() { shasum -a 256 "$@"; }
else
  sha() { openssl dgst -sha256 -r "$@"; }
fi
case $(command -v printf) in
  printf) plain() { printf %s "$1"; }; escaped() { printf %b "$1"; } ;;
  *) plain() { print -rn -- "$1"; }; escaped() { print -n -- "$1"; } ;;
esac

# What a command gets: paths, one a line, each for order $2. It gets them when they are many, and at the end.
add() {
  paths=$paths$1$nl ids=$ids${2:+$2 }
  if [ ${#paths} -gt 60000 ]; then hand_over; fi
}
hand_over() {
  if [ -z "$paths" ]; then return 0; fi
  IFS=$nl
  set -- $paths
  IFS=$blanks paths=
  $does "$@"
}
# Goes through the orders; $2 is the command that gets what this pass adds.
walk() {
  pass=$1 does=${2-} last=
  eval "$orders"
  hand_over
}
# $1 gets the lines of $2.
each() {
  does=$1 IFS=$nl
  set -- $2
  IFS=$blanks
  for p; do add "$p"; done
  hand_over
}
# $line is $1 of the next order in $ids. The machine may have variables like d1 of its own.
found() {
  eval "verba_$1${ids%% *}=\$line"
  ids=${ids#* }
}
digests() {
  all=$(sha "$@" 2>/dev/null | sed 's/^\\//; s/ .*//') || :
  count=0
  for line in $all; do count=$((count + 1)); done
  if [ $count = $# ]; then
    for line in $all; do found d; done
  else
    for p; do
      line=$(sha "$p" 2>/dev/null) || line=
      line=${line#\\} line=${line%% *}
      found d
    done
  fi
}
# ls sorts as the orders are sorted. What is not told in turn is asked for alone.
lines() {
  name=$1 how=$2
  shift 2
  IFS=$nl
  for line in $(ls "$how" "$@" 2>/dev/null || :); do
    case $line in *" ${1-}") ;; *) break ;; esac
    found "$name"
    shift
  done
  IFS=$blanks
  for p; do
    line=$(ls "$how" "$p" 2>/dev/null) || line=
    found "$name"
  done
}
flush() { sync "$@" 2>/dev/null || :; }
# Of many files one after the other takes long.
flush_systems() { sync -f "$@" 2>/dev/null || flushed=no; }
move() { mv -f "$@" "$to"; }
leave() { rmdir "$@" 2>/dev/null || :; }

want() {
  if same; then
    kept=yes
    return 0
  fi
  make "${pre%/}"
  news=$((news + 1))
  eval "verba_f$i=-new verba_w$i=\$new"
}
make() {
  if [ -z "$1" ] || [ -d "$1" ]; then return 0; fi
  case $nl$dirs in *"$nl$1$nl"*) return 0 ;; esac
  make "${1%/*}"
  dirs=$dirs$1$nl
}
# Others may be making some of them just now.
make_directories() {
  above= below=
  each 'mkdir -p' "$dirs"
  IFS=$nl
  for p in $dirs; do
    printf 'made\t%s\n' "$p"
    case $p/ in "$root"/*) below=$below$p$nl ;; *) above=$above$p$nl ;; esac
  done
  IFS=$blanks
  each 'chmod 755' "$above"
  if [ "$owner" != - ]; then each "chown $owner" "$below"; fi
  each "chmod $inner" "$below"
}
own() {
  if [ "$owner" != - ]; then walk "$1" "chown $owner"; fi
  walk "$1-" "chmod $mode"
  walk "$1x" "chmod $xmode"
}
keep() {
  if [ ! -L "$p" ] && ln "$p" "$old" 2>/dev/null; then return 0; fi
  rm -f "$old.part"
  cp -pP "$p" "$old.part"
  mv -f "$old.part" "$old"
}
drop() {
  if there "$old"; then
    if is_directory; then no other "$p"; fi
    if [ -L "$p" ]; then rm -f "$p"; fi
    mv -f "$old" "$p"
  elif same || tried || { mine && [ "$overwrite" = no ]; }; then
    add "$p"
  elif there "$p"; then
    printf 'left\t%s\n' "$p"
  fi
}
look() {
  eval "line=\${verba_l$i-}; set -- \${verba_n$i-}"
  if [ -L "$p" ]; then
    printf 'is\tlink\t%s\n' "$p"
  elif [ $# -gt 4 ]; then
    m=$1 u=$3 g=$4
    set -- $line
    if is_file; then what=file; else what=directory; fi
    printf 'is\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' $what "$m" "$3" "$4" "$u" "$g" "${have:--}" "$p"
  elif [ -e "$p" ]; then
    printf 'is\tother\t%s\n' "$p"
  elif [ -d "$pre" ] && [ ! -x "$pre" ]; then
    printf 'is\tunseen\t%s\n' "$p"
  else
    printf 'is\tabsent\t%s\n' "$p"
  fi
}

# One order.
o() {
  i=$2 digest=$3 tries=$5 x=$6 pre=$7 p=$7$8 new=$7$room/$8 old=$7.$8.verba-before
  eval "have=\${verba_d$i-} fresh=\${verba_f$i-} whose=\${verba_o$i-$4}"
  case $pass.$1$fresh in
    hash.put | hash_drops.drop | hash.look) if is_file; then add "$p" "$i"; fi ;;
    check.put)
      if there "$p"; then
        [ -L "$p" ] || [ -f "$p" ] || no other "$p"
        if tried; then
          eval "verba_o$i=tried"
          whose=tried
        fi
        same || mine || [ "$overwrite" = yes ] || no foreign "$p"
      fi
      ;;
    clear.put* | clear.drop)
      if is_next; then
        for line in $room ${former-}; do
          if there "$pre$line"; then add "$pre$line"; fi
        done
      fi
      ;;
    want.put) want ;;
    room.put-new) if is_next; then add "$pre$room"; fi ;;
    written.put-new) add "$new" "$i" ;;
    compare.put-new)
      if [ "$have" != "$digest" ]; then
        echo "what was written to $new is not what it should be: is the disk full, or sha256sum missing?" >&2
        exit 1
      fi
      ;;
    new.put-new | "new$x.put-new") add "$new" ;;
    keep.put-new)
      if there "$p"; then
        mine || there "$old" || keep
        [ ! -L "$p" ] || rm -f "$p"
      fi
      ;;
    move.put-new)
      if is_next; then
        hand_over
        to=$pre
      fi
      add "$new"
      ;;
    flush.put-new) if is_next; then add "$pre"; fi ;;
    kept.put | "kept$x.put") add "$p" ;;
    drop.drop) drop ;;
    directory.own) if is_directory; then add "$p"; fi ;;
    leave.leave) add "$p" ;;
    list_files.look) if is_file; then add "$p" "$i"; fi ;;
    list_directories.look) if is_directory; then add "$p" "$i"; fi ;;
    look.look) look ;;
  esac
}
# The content of order $2, as $1 writes it; nothing when it is there already.
w() {
  eval "to=\${verba_w$2-}"
  if [ -n "$to" ]; then $1 "$3" >"$to"; fi
}
# A long one: so many bytes of standard input, from there. (ksh has a word r of its own.)
rest() {
  eval "to=\${verba_w$1-}"
  if [ -z "$to" ]; then
    :
  elif [ -n "$raw" ]; then
    tail -c "+$((text_bytes + $2))" "$raw" | head -c "$3" >"$to"
  else
    cat >"$to"
  fi
}

check() {
  walk hash digests
  walk check
}
prepare() {
  staging=yes
  walk clear 'rm -rf'
  walk want
  make_directories
  walk room mkdir
  set -C
}
settle() {
  set +C
  walk written digests
  walk compare
  own new
  flushed=no
  if [ $news -gt 32 ]; then
    flushed=yes
    walk room flush_systems
  fi
  if [ $flushed = no ]; then walk new flush; fi
}
place() {
  walk keep
  walk move move
  walk room leave
  walk flush flush
  if [ $kept = yes ]; then own kept; fi
}
discard() {
  walk hash_drops digests
  walk clear 'rm -rf'
  walk drop 'rm -f'
  if [ "$owner" != - ]; then walk directory "chown $owner"; fi
  walk directory "chmod $inner"
  walk leave leave
}
see() {
  walk hash digests
  walk list_files 'lines n -ldn'
  walk list_files 'lines l -ld'
  walk list_directories 'lines n -ldn'
  walk list_directories 'lines l -ld'
  walk look
}

finish() {
  code=$?
  set +e
  trap - EXIT
  IFS=$blanks paths= ids=
  if [ -n "$raw" ]; then rm -f "$raw"; fi
  if [ $code != 0 ] && [ $staging = yes ]; then
    walk clear 'rm -rf'
    inner_first=
    IFS=$nl
    for p in $dirs; do inner_first=$p$nl$inner_first; done
    IFS=$blanks
    each leave "$inner_first"
  fi
  exit $code
}
trap finish EXIT
trap 'exit 143' TERM INT HUP
if [ "$parents" = no ] && [ ! -d "${root%/*}/" ]; then no parent "$root"; fi
if [ -z "$text" ] && [ "$text_bytes" = all ]; then
  text=$(cat)
elif [ -z "$text" ]; then
  raw=$(mktemp "${TMPDIR:-/tmp}/verba.XXXXXXXXXX")
  cat >"$raw"
  text=$(head -c "$text_bytes" "$raw")
fi
eval "$text"
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

/// A content up to here is part of the text; a longer one comes after it, as it is.
constexpr std::size_t longest_inline_bytes = 64 << 10;
constexpr std::size_t longest_argument_bytes = 64 << 10;

bool is_put(const FileOrder& order) {
  return order.kind == FileOrder::Kind::put;
}

std::string_view directory_of(const FileOrder& order) {
  return std::string_view(order.path).substr(0, order.path.rfind('/') + 1);
}

std::string_view name_of(const FileOrder& order) {
  return std::string_view(order.path).substr(order.path.rfind('/') + 1);
}

/// The directory for what is new, beside its place.
std::string room_of(const std::string& tag) {
  return ".verba-new-" + tag;
}

std::string tries_of(const FileOrder& order) {
  std::string list;
  for (const Digest& digest : order.tried) list += (list.empty() ? "" : ",") + digest.hex();
  return list.empty() ? "-" : list;
}

/// What is put into one directory comes together.
std::vector<FileOrder> in_order(const FileOrders& orders) {
  std::vector<FileOrder> list = orders.list;
  const auto others = std::ranges::stable_partition(list, is_put).begin();
  std::stable_sort(list.begin(), others,
                   [](const FileOrder& a, const FileOrder& b) { return directory_of(a) < directory_of(b); });
  return list;
}

/// The word that has a content written. Controls, which shells may take for something of their own, are spelled out.
std::string writing(std::size_t number, std::string_view content) {
  const auto is_plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\n' || c == '\t';
  };
  if (std::ranges::all_of(content, is_plain)) return fmt::format("w plain {} {}\n", number, quoted(content));
  std::string text;
  for (const char c : content) {
    if (c == '\\') {
      text += "\\\\";
    } else if (is_plain(c)) {
      text += c;
    } else {
      text += fmt::format("\\0{:03o}", static_cast<unsigned char>(c));
    }
  }
  return fmt::format("w escaped {} {}\n", number, quoted(text));
}

/// The contents of what is put: in words, or added to `raw`.
std::string contents_of(const std::vector<FileOrder>& list, std::string& raw) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!is_put(list[i])) continue;
    const std::string_view content = list[i].content;
    if (content.size() <= longest_inline_bytes) {
      text += writing(i + 1, content);
    } else {
      text += fmt::format("rest {} {} {}\n", i + 1, raw.size() + 1, content.size());
      raw += content;
    }
  }
  return text;
}

std::string text_of(const FileOrders& orders, const std::vector<FileOrder>& list, std::string& raw) {
  std::string lines;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const FileOrder& order = list[i];
    lines += fmt::format("o {} {} {} {} {} {} {} {}\n", word_of(order.kind), i + 1, order.digest.hex(),
                         order.ours ? "ours" : "new", tries_of(order), order.executable ? "x" : "-",
                         quoted(directory_of(order)), quoted(name_of(order)));
  }
  std::string former;
  for (const std::string& tag : orders.former_tags) former += room_of(tag) + " ";
  const std::string text = "orders=" + quoted(lines) + "\nformer=" + quoted(former) + "\n";
  switch (orders.verb) {
    case FileOrders::Verb::look:
      return text + "see\n";
    case FileOrders::Verb::remove:
      return text + "discard\n";
    case FileOrders::Verb::write:
      break;
  }
  const bool only_puts = std::ranges::all_of(list, is_put);
  return text + "check\nprepare\n" + contents_of(list, raw) + "settle\nplace\n" + (only_puts ? "" : "discard\n");
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
  const std::vector<FileOrder> list = in_order(orders);
  std::string raw;
  const std::string text = text_of(orders, list, raw);
  const bool alone = !raw.empty() && text.size() <= longest_argument_bytes &&
                     std::ranges::count_if(list, [](const FileOrder& order) { return is_put(order); }) == 1;
  Work work;
  work.argv = {"sh",
               "-c",
               std::string(script),
               "verba-file",
               orders.mode,
               orders.executable_mode,
               orders.directory_mode,
               orders.owner,
               orders.overwrite ? "yes" : "no",
               orders.parents ? "yes" : "no",
               orders.root,
               orders.known,
               room_of(orders.tag),
               raw.empty() ? "all" : std::to_string(text.size()),
               alone ? text : ""};
  work.input = alone ? std::move(raw) : text + raw;
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
