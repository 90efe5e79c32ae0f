// multios-package: makes, signs, shows, verifies, installs, removes and lists packages.
#include "commands.hpp"

#include "frame/run.hpp"

using namespace package_tool;

static frame::Tool make_tool() {
    return {
        "multios-package",
        "Makes, signs, shows, verifies, installs, removes and lists packages.",
        {keygen_command(), create_command(), sign_command(), revoke_command(), info_command(), list_contents_command(),
         verify_command(), check_deps_command(), install_command(), install_batch_command(), remove_command(),
         list_command(), list_orphaned_command()},
        {{"create-delta", "this build has no delta packages"},
         {"show-dependencies",
          "this build has no dependency resolution; 'info' shows what a package names, 'check-deps' "
          "what is missing"},
         {"check-conflicts", "this build has no dependency resolution; 'check-deps FILE' looks at one package, and "
                             "'install FILE... --plan' shows the conflicts of files"}},
    };
}

int main(int count, char **arguments) { return frame::run(make_tool(), count, arguments); }
