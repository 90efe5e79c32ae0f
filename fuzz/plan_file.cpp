// The plan file of a stage, on a disk in memory: as it is, and once more with the last line that makes it whole, since
// no mutation finds a checksum.
#include "target.hpp"

#include "twin.hpp"

#include <mos/base/path.hpp>
#include <mos/transaction/plan_file.hpp>

#include <algorithm>
#include <string>
#include <vector>
#include <zlib.h>

namespace {

using namespace mos;
using transaction::PlannedOperation;
using Plan = std::vector<PlannedOperation>;

Result<Plan> read(base::Directory &stage) {
    MOS_TRY(transaction::PlanReader reader, transaction::PlanReader::open(stage));
    Plan plan;
    for (;;) {
        MOS_TRY(auto planned, reader.next());
        if (!planned)
            return plan;
        plan.push_back(std::move(*planned));
    }
}

Plan write_and_read(const Plan &plan) {
    const test::Twin twin;
    const auto stage = twin.root();
    auto writer = fuzz::must(transaction::PlanWriter::create(*stage, 1), "a plan file is made");
    for (const PlannedOperation &planned : plan)
        fuzz::must(writer.append(planned), "a plan file is written");
    fuzz::must(writer.finish(), "a plan file is finished");
    return fuzz::must(read(*stage), "a plan that was read is read back");
}

bool same(const PlannedOperation &a, const PlannedOperation &b) {
    const state::Operation &x = a.operation;
    const state::Operation &y = b.operation;
    return x.slot == y.slot && x.kind == y.kind && x.path == y.path && x.staged_inode == y.staged_inode &&
           x.before == y.before && x.after == y.after && a.there == b.there;
}

void check(std::string_view text) {
    const test::Twin twin;
    const auto stage = twin.root();
    auto file = fuzz::must(stage->open_file(transaction::plan_file_name, base::OpenMode::create_new), "a file is made");
    fuzz::must(file->write_at(0, base::as_bytes(text)), "a file is written");
    const auto plan = read(*stage);
    if (!plan) {
        fuzz::hold(base::is_clean_text(plan.error().message()), "a refusal can be shown");
        return;
    }
    for (const PlannedOperation &planned : *plan)
        fuzz::hold(base::check_entry_path(planned.operation.path).ok(), "a planned path stays beneath the root");
    fuzz::hold(std::ranges::equal(write_and_read(*plan), *plan, same), "a plan is read back as the same");
}

std::string sealed(std::string text) {
    if (!text.ends_with('\n'))
        text += '\n';
    const uLong sum = crc32_z(0, reinterpret_cast<const unsigned char *>(text.data()), text.size());
    const auto operations = std::ranges::count(text, '\n') - 1;
    return text + "{\"crc32\":" + std::to_string(sum) + ",\"operations\":" + std::to_string(operations) + "}\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = base::as_text(fuzz::input(data, size));
    check(text);
    check(sealed(std::string{text}));
    return 0;
}
