#include "tracer/stacks/unwind_protocol.h"

#include <algorithm>
#include <climits>
#include <cstring>

namespace safe_trace {
namespace {

constexpr size_t kMaximumBuildId = 128;
constexpr size_t kMaximumSymbol = 512;

void PutNumber(std::string& bytes, uint64_t number) {
  char raw[sizeof(number)];
  memcpy(raw, &number, sizeof(number));
  bytes.append(raw, sizeof(raw));
}

void PutText(std::string& bytes, std::string_view text, size_t limit) {
  text = text.substr(0, limit);
  PutNumber(bytes, text.size());
  bytes.append(text);
}

// Reads what the two functions above wrote. After a failure everything reads as empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  uint64_t Number() {
    uint64_t number = 0;
    if (rest_.size() < sizeof(number)) {
      failed_ = true;
      rest_ = {};
      return 0;
    }
    memcpy(&number, rest_.data(), sizeof(number));
    rest_.remove_prefix(sizeof(number));
    return number;
  }

  std::string Text(size_t limit) {
    const uint64_t length = Number();
    if (length > limit || length > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }

  size_t Count(size_t limit) {
    const uint64_t count = Number();
    if (count <= limit) return count;
    failed_ = true;
    return 0;
  }

  bool ended() const { return !failed_ && rest_.empty(); }
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string EncodeSample(const StackSample& sample) {
  std::string bytes;
  for (const uint64_t value : sample.registers) PutNumber(bytes, value);
  PutText(bytes, sample.stack, StackSample::kMaximumStackBytes);
  const size_t count = std::min(sample.mappings.size(), StackSample::kMaximumMappings);
  PutNumber(bytes, count);
  for (size_t i = 0; i < count; ++i) {
    const SampledMapping& mapping = sample.mappings[i];
    for (const uint64_t value :
         {mapping.start, mapping.end, mapping.offset, mapping.device, mapping.inode}) {
      PutNumber(bytes, value);
    }
    PutText(bytes, mapping.path, PATH_MAX);
  }
  return bytes;
}

absl::StatusOr<StackSample> DecodeSample(std::string_view bytes) {
  Reader reader(bytes);
  StackSample sample;
  for (uint64_t& value : sample.registers) value = reader.Number();
  sample.stack = reader.Text(StackSample::kMaximumStackBytes);
  const size_t count = reader.Count(StackSample::kMaximumMappings);
  for (size_t i = 0; i < count && !reader.failed(); ++i) {
    SampledMapping mapping;
    mapping.start = reader.Number();
    mapping.end = reader.Number();
    mapping.offset = reader.Number();
    mapping.device = reader.Number();
    mapping.inode = reader.Number();
    mapping.path = reader.Text(PATH_MAX);
    sample.mappings.push_back(std::move(mapping));
  }
  if (!reader.ended()) return absl::InvalidArgumentError("not a sample of a stack");
  return sample;
}

std::string EncodeFrames(const std::vector<NativeFrame>& frames) {
  std::string bytes;
  const size_t count = std::min(frames.size(), kMaximumFrames);
  PutNumber(bytes, count);
  for (size_t i = 0; i < count; ++i) {
    const NativeFrame& frame = frames[i];
    PutNumber(bytes, frame.address);
    PutNumber(bytes, frame.offset);
    // A message with all frames at these bounds still fits kMaximumFramesMessage.
    PutText(bytes, frame.module, PATH_MAX / 4);
    PutText(bytes, frame.build_id, kMaximumBuildId);
    PutText(bytes, frame.symbol, kMaximumSymbol);
  }
  return bytes;
}

absl::StatusOr<std::vector<NativeFrame>> DecodeFrames(std::string_view bytes) {
  Reader reader(bytes);
  std::vector<NativeFrame> frames;
  const size_t count = reader.Count(kMaximumFrames);
  for (size_t i = 0; i < count && !reader.failed(); ++i) {
    NativeFrame frame;
    frame.address = reader.Number();
    frame.offset = reader.Number();
    frame.module = reader.Text(PATH_MAX / 4);
    frame.build_id = reader.Text(kMaximumBuildId);
    frame.symbol = reader.Text(kMaximumSymbol);
    frames.push_back(std::move(frame));
  }
  if (!reader.ended()) return absl::InvalidArgumentError("not the frames of a stack");
  return frames;
}

}  // namespace safe_trace
