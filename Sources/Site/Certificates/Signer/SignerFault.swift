import Basics

/// Why a signature could not be had.
package enum SignerFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The signer's own sentence.
    case refused(String)
    case throttled(seconds: Int)
    /// It did not come up, broke off, or answered what is no answer.
    case unreachable(String)

    package var description: String {
        switch self {
        case .refused(let sentence): sentence
        case .throttled(let seconds):
            "Too many certificates were asked for: try again in \(seconds) s."
        case .unreachable(let reason): "The signer does not answer: \(reason)."
        }
    }
}

/// What answers a request for a signature: the signer's socket; in tests, the desk behind it.
package protocol SignerLink: Sendable {
    /// Blocks, for seconds while the signer comes up: for a `BlockingExecutor`, or before there is
    /// an event loop.
    func ask(_ request: SignerRequest) throws(SignerFault) -> [UInt8]
}

/// How many signatures there may be: a bucket that fills while nobody asks.
package struct SignerAllowance: Sendable, Equatable {
    private let burst: Int
    private let interval: Duration
    package private(set) var left: Int
    private var filled: ContinuousClock.Instant

    /// - Parameters:
    ///   - interval: how long it takes for one more.
    ///   - left: `nil`: all of them.
    package init(
        burst: Int, interval: Duration, left: Int? = nil, now: ContinuousClock.Instant = .now
    ) {
        self.burst = burst
        self.interval = interval
        self.left = min(burst, left ?? burst)
        filled = now
    }

    /// - Returns: `nil` if there was one left, else the seconds until there is.
    package mutating func take(at now: ContinuousClock.Instant) -> Int? {
        let more = Int((now - filled) / interval)
        if more > 0 {
            left = min(burst, left + min(more, burst))
            filled = left == burst ? now : filled + interval * more
        }
        guard left > 0 else {
            let wait = interval - (now - filled)
            return max(1, Int((wait.milliseconds + 999) / 1000))
        }
        left -= 1
        return nil
    }
}
