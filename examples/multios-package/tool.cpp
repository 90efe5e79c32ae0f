#include "tool.hpp"

#include "commands.hpp"

#include "frame/completion.hpp"

namespace package_tool {

frame::Tool make_tool() {
    return {
        "multios-package",
        "Makes, signs, shows, verifies, installs, removes and lists packages.",
        "A package is one file: an index of what it installs, the content, and the signatures of those who vouch for "
        "it. "
        "multios-package makes packages of directories, signs them, shows and verifies them, and installs and removes "
        "them in a system below any directory. Nothing of a package is believed before its signature is checked, and a "
        "change of a system happens as a whole or not at all, also when the power is cut.",
        {keygen_command(), create_command(), create_delta_command(), file_delta_create_command(),
         file_delta_apply_command(), file_delta_info_command(), sign_command(), revoke_command(), info_command(),
         list_contents_command(), find_duplicates_command(), verify_command(), check_deps_command(), install_command(),
         install_batch_command(), remove_command(), list_command(), list_orphaned_command(),
         frame::completion_command("source <(multios-package completion bash)")},
        {{"show-dependencies",
          "this build has no dependency resolution; 'info' shows what a package names, 'check-deps' "
          "what is missing"},
         {"check-conflicts", "this build has no dependency resolution; 'check-deps FILE' looks at one package, and "
                             "'install FILE... --plan' shows the conflicts of files"}},
    };
}

}  // namespace package_tool
