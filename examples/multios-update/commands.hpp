// The commands of multios-update, one file a group.
#pragma once

#include "frame/command.hpp"

namespace update_tool {

[[nodiscard]] frame::Command recovery_list_command();
[[nodiscard]] frame::Command recovery_info_command();
[[nodiscard]] frame::Command recovery_create_command();
[[nodiscard]] frame::Command recovery_verify_command();
[[nodiscard]] frame::Command recovery_cleanup_command();
[[nodiscard]] frame::Command recovery_mode_command();
[[nodiscard]] frame::Command rollback_command();
[[nodiscard]] frame::Command rollback_last_good_command();
[[nodiscard]] frame::Command rollback_package_command();
[[nodiscard]] frame::Command rollback_config_command();
[[nodiscard]] frame::Command rollback_emergency_command();
[[nodiscard]] frame::Command rollback_interactive_command();
[[nodiscard]] frame::Command emergency_rollback_command();
[[nodiscard]] frame::Command emergency_recovery_command();
[[nodiscard]] frame::Command system_verify_command();
[[nodiscard]] frame::Command system_restore_stable_command();
[[nodiscard]] frame::Command rollback_auto_enable_command();
[[nodiscard]] frame::Command rollback_criteria_command();
[[nodiscard]] frame::Command rollback_history_command();
[[nodiscard]] frame::Command history_command();
[[nodiscard]] frame::Command events_command();
[[nodiscard]] frame::Command recover_command();
[[nodiscard]] frame::Command doctor_command();
[[nodiscard]] frame::Command check_delta_command();
[[nodiscard]] frame::Command status_command();
[[nodiscard]] frame::Command trust_add_ca_command();
[[nodiscard]] frame::Command trust_add_key_command();
[[nodiscard]] frame::Command trust_add_crl_command();
[[nodiscard]] frame::Command trust_remove_crl_command();
[[nodiscard]] frame::Command trust_list_command();
[[nodiscard]] frame::Command trust_remove_command();
[[nodiscard]] frame::Command verify_trust_command();
[[nodiscard]] frame::Command security_configure_command();
[[nodiscard]] frame::Command security_show_command();
[[nodiscard]] frame::Command config_show_command();
[[nodiscard]] frame::Command config_get_command();
[[nodiscard]] frame::Command config_set_command();
[[nodiscard]] frame::Command config_validate_command();
[[nodiscard]] frame::Command network_configure_command();
[[nodiscard]] frame::Command log_configure_command();
[[nodiscard]] frame::Command user_config_set_command();
[[nodiscard]] frame::Command user_config_get_command();
[[nodiscard]] frame::Command user_config_reset_command();
[[nodiscard]] frame::Command policy_create_command();
[[nodiscard]] frame::Command policy_apply_command();
[[nodiscard]] frame::Command policy_list_templates_command();
[[nodiscard]] frame::Command list_protected_command();
[[nodiscard]] frame::Command backup_command();
[[nodiscard]] frame::Command restore_command();
[[nodiscard]] frame::Command verify_integrity_command();
[[nodiscard]] frame::Command list_backups_command();
[[nodiscard]] frame::Command clean_up_backups_command();
[[nodiscard]] frame::Command system_restore_command();
[[nodiscard]] frame::Command schedule_command();
[[nodiscard]] frame::Command schedule_conditional_command();
[[nodiscard]] frame::Command schedule_batch_command();
[[nodiscard]] frame::Command schedule_list_command();
[[nodiscard]] frame::Command schedule_cancel_command();
[[nodiscard]] frame::Command auto_schedule_enable_command();
[[nodiscard]] frame::Command auto_schedule_disable_command();
[[nodiscard]] frame::Command auto_schedule_configure_command();
[[nodiscard]] frame::Command priority_set_command();
[[nodiscard]] frame::Command priority_list_command();
[[nodiscard]] frame::Command retry_command();
[[nodiscard]] frame::Command retry_cancel_command();
[[nodiscard]] frame::Command approve_command();
[[nodiscard]] frame::Command reject_command();
[[nodiscard]] frame::Command explain_command();
[[nodiscard]] frame::Command run_due_command();
[[nodiscard]] frame::Command next_wakeup_command();
[[nodiscard]] frame::Command schedule_usage_command();
[[nodiscard]] frame::Command schedule_unit_command();

// The commands of the guide whose part is not in this build.
[[nodiscard]] std::vector<frame::MissingCommand> missing_commands();

}  // namespace update_tool
