// multios-update: what is installed changes, and changes back.
#include "commands.hpp"

#include "frame/run.hpp"
#include "multios-package/commands.hpp"

using namespace update_tool;

static frame::Tool make_tool() {
    frame::Tool tool{
        "multios-update",
        "Updates a system, takes updates back, and tells what happened.",
        {package_tool::install_command(), package_tool::install_batch_command(), package_tool::remove_command(),
         rollback_last_good_command(), rollback_command(), status_command(), history_command(), recover_command(),
         doctor_command(), trust_add_ca_command(), trust_add_key_command(), trust_add_crl_command(),
         trust_remove_crl_command(), trust_list_command(), trust_remove_command(), verify_trust_command(),
         security_configure_command(), security_show_command()},
        missing_commands(),
    };
    return tool;
}

int main(int count, char **arguments) { return frame::run(make_tool(), count, arguments); }
