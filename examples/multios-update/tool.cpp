#include "tool.hpp"

#include "commands.hpp"

#include "frame/completion.hpp"
#include "multios-package/commands.hpp"

namespace update_tool {

// NOLINTNEXTLINE(readability-function-size): it is the table
frame::Tool make_tool() {
    frame::Tool tool{
        "multios-update",
        "Updates a system, takes updates back, and tells what happened.",
        "Every change of a system is one transaction: after it, also after a power cut, the system is as before or as "
        "wanted, and nothing between. What a change replaced is kept as a recovery point, so that it can be taken "
        "back. "
        "multios-update installs and removes packages, takes changes back, tells how a system stands and what happened "
        "to it, mends what is damaged, backs data up and puts it back, and configures who may sign and what a package "
        "must fulfil.",
        {package_tool::install_command(),
         package_tool::install_batch_command(),
         package_tool::remove_command(),
         recovery_list_command(),
         recovery_info_command(),
         recovery_create_command(),
         recovery_verify_command(),
         recovery_cleanup_command(),
         recovery_mode_command(),
         rollback_last_good_command(),
         rollback_package_command(),
         rollback_config_command(),
         rollback_emergency_command(),
         rollback_interactive_command(),
         rollback_auto_enable_command(),
         rollback_criteria_command(),
         rollback_history_command(),
         rollback_command(),
         check_delta_command(),
         status_command(),
         history_command(),
         events_command(),
         recover_command(),
         list_protected_command(),
         backup_command(),
         restore_command(),
         verify_integrity_command(),
         list_backups_command(),
         clean_up_backups_command(),
         system_restore_command(),
         doctor_command(),
         emergency_rollback_command(),
         emergency_recovery_command(),
         system_verify_command(),
         system_restore_stable_command(),
         trust_add_ca_command(),
         trust_add_key_command(),
         trust_add_crl_command(),
         trust_remove_crl_command(),
         trust_list_command(),
         trust_remove_command(),
         verify_trust_command(),
         security_configure_command(),
         security_show_command(),
         config_show_command(),
         config_get_command(),
         config_set_command(),
         config_validate_command(),
         network_configure_command(),
         log_configure_command(),
         user_config_set_command(),
         user_config_get_command(),
         user_config_reset_command(),
         policy_create_command(),
         policy_apply_command(),
         policy_list_templates_command(),
         schedule_command(),
         schedule_conditional_command(),
         schedule_batch_command(),
         schedule_list_command(),
         schedule_cancel_command(),
         auto_schedule_enable_command(),
         auto_schedule_disable_command(),
         auto_schedule_configure_command(),
         priority_set_command(),
         priority_list_command(),
         retry_command(),
         retry_cancel_command(),
         approve_command(),
         reject_command(),
         explain_command(),
         run_due_command(),
         next_wakeup_command(),
         schedule_usage_command(),
         schedule_unit_command(),
         frame::completion_command("source <(multios-update completion bash)")},
        missing_commands(),
    };
    return tool;
}

}  // namespace update_tool
