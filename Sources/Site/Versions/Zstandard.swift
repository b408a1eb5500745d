import CZstd

/// Zstandard frames in one piece.
enum Zstandard {
    /// Level 3, the library's own default: flows shrink to a tenth at 200 MB/s.
    private static let level: Int32 = 3

    /// `nil` where there is no memory for it.
    static func compress(_ bytes: some Collection<UInt8>) -> [UInt8]? {
        bytes.withContiguousStorageIfAvailable { compress(buffer: $0) } ?? compress(Array(bytes))
    }

    private static func compress(buffer bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let bound = ZSTD_compressBound(bytes.count)
        var failed = false
        let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            let size = ZSTD_compress(
                buffer.baseAddress, bound, bytes.baseAddress, bytes.count, level)
            failed = ZSTD_isError(size) != 0
            count = failed ? 0 : size
        }
        return failed ? nil : output
    }

    /// `nil` for anything but one whole frame that says its size and keeps to the limit in bytes.
    static func decompress(_ frame: ArraySlice<UInt8>, limit: Int) -> [UInt8]? {
        frame.withUnsafeBufferPointer { frame in
            let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
            guard size <= UInt64(limit),
                ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count) == frame.count
            else { return nil }
            var failed = false
            let output = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
                let written = ZSTD_decompress(
                    buffer.baseAddress, Int(size), frame.baseAddress, frame.count)
                failed = ZSTD_isError(written) != 0 || written != Int(size)
                count = failed ? 0 : written
            }
            return failed ? nil : output
        }
    }
}

/// One frame, read piece by piece.
struct ZstandardDecoder: ~Copyable {
    private let raw: OpaquePointer
    private var isOver = false

    init?() {
        guard let raw = ZSTD_createDStream() else { return nil }
        self.raw = raw
        // 8 MB: four times what our level uses. A frame cannot ask for more memory.
        ZSTD_DCtx_setParameter(raw, ZSTD_d_windowLogMax, 23)
    }

    deinit { ZSTD_freeDStream(raw) }

    /// Whether the frame's end was read.
    var isComplete: Bool { isOver }

    /// Takes from `input` what it uses and gives at most `most` bytes; `nil` for damage.
    mutating func next(_ input: inout ArraySlice<UInt8>, most: Int) -> [UInt8]? {
        guard !isOver else { return input.isEmpty ? [] : nil }
        var used = 0
        var hint = 0
        let output = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            input.withUnsafeBufferPointer { input in
                var from = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
                var to = ZSTD_outBuffer(dst: buffer.baseAddress, size: most, pos: 0)
                repeat {
                    hint = ZSTD_decompressStream(raw, &to, &from)
                } while ZSTD_isError(hint) == 0 && hint != 0 && from.pos < from.size
                    && to.pos < to.size
                used = from.pos
                count = to.pos
            }
        }
        guard ZSTD_isError(hint) == 0 else { return nil }
        isOver = hint == 0
        input = input.dropFirst(used)
        return output
    }
}
