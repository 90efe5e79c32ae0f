// multios-package: makes, signs, shows, verifies, installs and removes packages.
#include "commands.hpp"

#include "frame/run.hpp"

using namespace package_tool;

static frame::Tool make_tool() {
    return {
        "multios-package",
        "Makes, signs, shows, verifies, installs and removes packages.",
        {keygen_command(), create_command(), sign_command(), info_command(), list_contents_command(), verify_command(),
         install_command(), install_batch_command(), remove_command()},
        {{"create-delta", "this build has no delta packages"},
         {"check-deps", "this build has no dependency resolution"},
         {"show-dependencies", "this build has no dependency resolution"},
         {"list-orphaned", "this build has no dependency resolution"},
         {"check-conflicts", "this build has no dependency resolution; 'install FILE... --plan' shows the conflicts of "
                             "files"}},
    };
}

int main(int count, char **arguments) { return frame::run(make_tool(), count, arguments); }
