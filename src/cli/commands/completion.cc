// SPDX-License-Identifier: Apache-2.0
// The scripts that make shells ask `verba __complete`. All that is known is asked for there: the scripts never change.
#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace verba {
namespace {

constexpr std::string_view kBash = R"(# bash completion for verba: . <(verba completion bash)
_verba() {
  local IFS=$'\n' current="${COMP_WORDS[COMP_CWORD]}"
  # "--flag=value" arrives as three words; the part after "=" is what is to be completed.
  [ "$current" = "=" ] && current=""
  mapfile -t COMPREPLY < <(verba __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1)
  if [ "${COMPREPLY[0]-}" = ":file" ]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _verba verba
)";

constexpr std::string_view kZsh = R"(#compdef verba
# zsh completion for verba: verba completion zsh > "${fpath[1]}/_verba"
_verba() {
  local -a lines shown
  lines=("${(@f)$(verba __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "${lines[1]}" == ":file" ]]; then
    _files
    return
  fi
  for line in "${lines[@]}"; do
    [[ -n "$line" ]] && shown+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  _describe 'verba' shown
}
if [ "$funcstack[1]" = "_verba" ]; then _verba "$@"; else compdef _verba verba; fi
)";

constexpr std::string_view kFish =
    R"(# fish completion for verba: verba completion fish > ~/.config/fish/completions/verba.fish
function __verba_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (verba __complete -- $words[2..-1] 2>/dev/null)
    if test "$lines[1]" = ":file"
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $lines
    end
end
complete -c verba -f -a '(__verba_complete)'
)";

int completion(Call& call) {
  const std::string& shell = call.arguments.words().front();
  if (shell == "bash") return print(call, kBash), kDone;
  if (shell == "zsh") return print(call, kZsh), kDone;
  if (shell == "fish") return print(call, kFish), kDone;
  throw Error(Error::Kind::usage, "usage.unknown-shell", "there is no completion for '" + shell + "'",
              did_you_mean(shell, {"bash", "zsh", "fish"}, "there is one for bash, zsh and fish"));
}

}  // namespace

CommandRow completion_command() {
  return {.name = "completion",
          .group = "Help",
          .summary = "completion for your shell",
          .positionals = {{.name = "bash|zsh|fish",
                           .required = true,
                           .completes = Completes::words,
                           .words = {"bash", "zsh", "fish"}}},
          .function = completion};
}

}  // namespace verba
