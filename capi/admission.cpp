#include "admission.hpp"

#include "files.hpp"
#include "guard.hpp"

namespace mos::capi {

Result<engine::Admission> open_admission(const mos_trust_options *options, const base::Clock &clock) {
    MOS_TRY(const mos_trust_options given, read_options(options));
    MOS_TRY(const auto root, base::open_root(text_or(given.root_path, "/")));
    const auto trust_folder = given.trust_path != nullptr ? std::optional<std::string>{given.trust_path} : std::nullopt;
    return engine::open_admission(*root, trust_folder, given.required_signatures != 0 ? given.required_signatures : 1U,
                                  clock);
}

}  // namespace mos::capi
