// Hooks that write files through the port: what scripts do, where there are none.
//
// Each may be called again after it was cut short, and then leaves what it leaves when it is called once.
#pragma once

#include <mos/transaction/hooks.hpp>

#include <functional>
#include <string>
#include <vector>

namespace mos::test {

// What a hook of each kind does to the path in its text.
inline constexpr std::string_view hook_creates = "create";  // makes it anew, with the text's other lines as content
inline constexpr std::string_view hook_edits = "edit";      // writes them into the file that is there
inline constexpr std::string_view hook_deletes = "delete";  // takes it away
inline constexpr std::string_view hook_links = "link";      // makes it a symbolic link to the text's second line
inline constexpr std::string_view hook_fails = "fail";      // nothing; SCRIPT_FAILED with the text

inline constexpr base::FileTime hook_time = {1'650'000'000, 0};  // of what they write

[[nodiscard]] state::Hook hook(std::uint64_t rank, state::Hook::Moment moment, std::string_view kind,
                               std::string_view path, std::string_view content = {});

class WritingHooks final : public transaction::HookCaller {
  public:
    explicit WritingHooks(base::Directory &root) : m_root(root) {}  // borrowed

    [[nodiscard]] Result<void> call(const state::Hook &hook, base::Directory &stage, base::Observer &observer,
                                    transaction::Interruption interruption) override;

    // Called before each hook; an error of it is the hook's.
    std::function<Result<void>(const state::Hook &, base::Directory &stage, transaction::Interruption)> on_call;
    std::vector<std::string> calls;  // "after_apply 1 create", in their order

  private:
    base::Directory &m_root;
};

}  // namespace mos::test
