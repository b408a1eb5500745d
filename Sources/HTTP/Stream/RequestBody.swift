package import Basics
import Synchronization

/// Why a body could not be read to its end.
package enum BodyFault: Error, Sendable, Equatable {
    case tooLarge(limit: ByteCount)
    /// Broken framing.
    case malformed
    /// The client went away, or was too slow.
    case incomplete
    case timedOut

    package var problem: Problem {
        switch self {
        case .tooLarge(let limit): .tooLarge(limit: limit)
        case .malformed: .malformed("The body is not framed as HTTP/1.1 wants it.")
        case .incomplete: .malformed("The body ended before its end.")
        case .timedOut:
            Problem(
                type: "/problems/timeout", title: "Too slow", status: 408,
                detail: "The body came too slowly.")
        }
    }
}

/// The bytes of a request behind its head, pulled: as long as nobody asks, the connection is not
/// read past the high-water mark. One reader.
package final class RequestBody: Sendable {
    private struct State {
        var buffered: [UInt8] = []
        var isEnded = false
        var fault: BodyFault?
        var waiting: CheckedContinuation<Result<[UInt8]?, BodyFault>, Never>?
        var isPaused = false
        var isTouched = false
    }

    /// What the head announced; `nil` if it goes chunked.
    package let declaredLength: Int64?
    private let highWater: Int
    private let onDemand: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - onDemand: called, on any thread, when somebody reads for the first time (the moment to
    ///     send `100 Continue`) and when a paused connection is to be read again.
    package init(
        framing: BodyFraming, highWater: ByteCount = .kibibytes(256),
        onDemand: @escaping @Sendable () -> Void = {}
    ) {
        declaredLength = framing.declaredLength
        self.highWater = highWater.bytes
        self.onDemand = onDemand
        if framing == .none || framing == .length(0) { state.withLock { $0.isEnded = true } }
    }

    /// A body that is here already.
    package convenience init(_ bytes: [UInt8]) {
        self.init(framing: .length(Int64(bytes.count)))
        if !bytes.isEmpty { deliver(bytes) }
        finish()
    }

    /// The next bytes, never empty; `nil` at the end.
    package func next() async throws(BodyFault) -> [UInt8]? {
        let demand = state.withLock { state in
            defer { state.isTouched = true }
            let first = !state.isTouched && !state.isEnded
            let resumes = state.isPaused && state.buffered.isEmpty
            return first || resumes
        }
        if demand { onDemand() }
        let result = await withCheckedContinuation { continuation in
            let (ready, resumes) = state.withLock {
                state -> (Result<[UInt8]?, BodyFault>?, Bool) in
                guard let ready = Self.take(&state) else {
                    precondition(state.waiting == nil, "two readers of one body")
                    state.waiting = continuation
                    return (nil, false)
                }
                defer { state.isPaused = false }
                return (ready, state.isPaused)
            }
            if resumes { onDemand() }
            if let ready { continuation.resume(returning: ready) }
        }
        return try result.get()
    }

    /// All of it. A body that announces more than the limit is refused before a byte is read.
    package func collect(upTo limit: ByteCount) async throws(BodyFault) -> [UInt8] {
        if let declaredLength, declaredLength > Int64(limit.bytes) {
            throw .tooLarge(limit: limit)
        }
        var bytes: [UInt8] = []
        while let part = try await next() {
            guard bytes.count + part.count <= limit.bytes else { throw .tooLarge(limit: limit) }
            if bytes.isEmpty { bytes = part } else { bytes += part }
        }
        return bytes
    }

    // MARK: The connection's side

    /// - Returns: whether the connection may be read on; if not, `onDemand` says when.
    @discardableResult
    package func deliver(_ bytes: [UInt8]) -> Bool {
        let (waiting, proceeds) = state.withLock {
            state -> (CheckedContinuation<Result<[UInt8]?, BodyFault>, Never>?, Bool) in
            guard !state.isEnded, state.fault == nil, !bytes.isEmpty else { return (nil, true) }
            if let waiting = state.waiting {
                state.waiting = nil
                return (waiting, true)
            }
            state.buffered += bytes
            state.isPaused = state.buffered.count >= highWater
            return (nil, !state.isPaused)
        }
        waiting?.resume(returning: .success(bytes))
        return proceeds
    }

    package func finish() { end(nil) }

    package func fail(_ fault: BodyFault) { end(fault) }

    /// Read to the end or failed; nothing of it is left on the connection.
    package var isEnded: Bool { state.withLock { $0.isEnded || $0.fault != nil } }

    private func end(_ fault: BodyFault?) {
        let waiting = state.withLock { state in
            guard !state.isEnded, state.fault == nil else {
                return nil as CheckedContinuation<Result<[UInt8]?, BodyFault>, Never>?
            }
            if let fault { state.fault = fault } else { state.isEnded = true }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: fault.map { .failure($0) } ?? .success(nil))
    }

    private static func take(_ state: inout State) -> Result<[UInt8]?, BodyFault>? {
        if !state.buffered.isEmpty {
            defer { state.buffered = [] }
            return .success(state.buffered)
        }
        if let fault = state.fault { return .failure(fault) }
        return state.isEnded ? .success(nil) : nil
    }
}
