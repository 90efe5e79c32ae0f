// The codec for a file that stays as it is.
#include "codecs.hpp"

namespace mos::delta {

Result<base::Bytes> create_keep(const CreateJob &job) {
    if (job.base_is != job.result_is)
        return Error{Code::INVALID_ARGUMENT, "'keep' is for files that are equal, and these differ"};
    return base::Bytes{};
}

Result<void> apply_keep(const ApplyJob &job) {
    return read_through(job.base, job.base_bytes, base::silent_observer(),
                        [&](base::ByteView part) { return job.result.write(part); });
}

}  // namespace mos::delta
