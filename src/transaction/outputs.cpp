#include "outputs.hpp"

#include <mos/base/directory_cache.hpp>
#include <mos/base/path.hpp>

namespace mos::transaction {

using base::FileStatus;
using state::Operation;
using state::OperationKind;
using state::Transactions;

namespace {

Result<std::optional<FileStatus>> status_of(base::DirectoryCache &cache, const Operation &output) {
    const base::SplitPath split = base::split_path(output.path);
    MOS_TRY(base::Directory *const parent, cache.find(split.parent));
    if (parent == nullptr)
        return std::optional<FileStatus>{};
    return parent->find(split.name);
}

// Calls `take` with each output of the transaction and what is there now.
template <class Take>
Result<void> for_each_output(Site &site, std::uint64_t owner, const Take &take) {
    base::DirectoryCache cache{site.root};
    return Transactions{site.database}.for_each_operation(owner, state::Direction::forward,
                                                          [&](const Operation &operation) -> Result<void> {
                                                              if (operation.kind != OperationKind::output)
                                                                  return {};
                                                              MOS_TRY(const auto there, status_of(cache, operation));
                                                              return take(operation, there);
                                                          });
}

}  // namespace

Result<std::vector<Operation>> outputs_as_left(Site &site, const state::Transaction &transaction) {
    std::vector<Operation> outputs;
    if (transaction.heading() == state::Direction::backward)
        return outputs;
    MOS_TRY(const auto scripts, Transactions{site.database}.hooks(transaction.stage, state::Hook::Moment::after_apply));
    if (scripts.empty())
        return outputs;
    MOS_CHECK(for_each_output(site, transaction.stage,
                              [&](const Operation &output, const std::optional<FileStatus> &there) -> Result<void> {
                                  Operation &left = outputs.emplace_back(output);
                                  left.active = true;
                                  left.leaving_inode = there ? there->inode : 0;
                                  left.staged_size = there ? there->size : 0;
                                  left.staged_modified = there ? there->modified : base::FileTime{};
                                  return {};
                              }));
    return outputs;
}

bool was_written_since(const Operation &output, const std::optional<FileStatus> &there) {
    if (!output.active)
        return false;
    const bool was_there = output.leaving_inode != 0;
    if (!there || !was_there)
        return there.has_value() != was_there;
    return there->size != output.staged_size || there->modified != output.staged_modified;
}

Result<void> let_outputs_go(Site &site, std::uint64_t owner) {
    return for_each_output(site, owner,
                           [&](const Operation &output, const std::optional<FileStatus> &there) -> Result<void> {
                               if (!output.active || was_written_since(output, there))
                                   return {};
                               Operation gone = output;
                               gone.active = false;
                               return Transactions{site.database}.update_operation(owner, gone);
                           });
}

}  // namespace mos::transaction
