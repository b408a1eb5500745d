import Basics
import HTTP
import Synchronization

/// What the large bodies of one route may take of the memory together: each alone is within its
/// limit, ten at once are not.
final class BodyAllowance: Sendable {
    /// Routes whose bodies are no larger need no allowance.
    static let ordinary = ByteCount.mebibytes(8)
    /// What the large JSON bodies of all routes take: one of flows as large as Node-RED takes them.
    static let site = BodyAllowance(.mebibytes(256))

    /// 64 KB: requests that only name things are always let in.
    private static let small = 64 << 10
    private let left: Mutex<Int>

    init(_ total: ByteCount) { left = Mutex(total.bytes) }

    /// Collects the body and holds its share until `work` is over.
    /// - Throws: `.busy` where others take all of it; what `work` throws.
    func collect<Answer>(
        _ body: RequestBody, upTo limit: ByteCount,
        _ work: ([UInt8]) async throws(Problem) -> Answer
    ) async throws(Problem) -> Answer {
        let size = body.declaredLength.map { Int(clamping: $0) } ?? limit.bytes
        let share = size <= Self.small ? 0 : min(size, limit.bytes)
        let isIn = left.withLock { left in
            guard share <= left else { return false }
            left -= share
            return true
        }
        guard isIn else { throw .busy("Others are sending large files here: try again.") }
        defer { left.withLock { $0 += share } }
        let bytes: [UInt8]
        do throws(BodyFault) { bytes = try await body.collect(upTo: limit) } catch {
            throw error.problem
        }
        return try await work(bytes)
    }
}
