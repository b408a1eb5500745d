import Basics
import Domain

/// Which answers are waited for. An id that is unknown, late, or another device's is dropped and
/// counted, never guessed. Part of the fleet.
struct CommandCorrelator {
    typealias Waiting = CheckedContinuation<Result<JSONValue, FleetFault>, Never>

    private struct Open {
        let device: Device.ID
        let deadline: Duration
        let waiting: Waiting
        /// Sent again at these moments until it is answered; empty for what must not come twice.
        var again: [Duration]
        let resend: (topic: String, payload: [UInt8])?
    }

    /// 32: a page asks for two or three; a device that never answers must not gather them.
    static let deviceLimit = 32

    private var open: [String: Open] = [:]
    private var counts: [Device.ID: Int] = [:]
    private(set) var dropped = 0

    var isEmpty: Bool { open.isEmpty }

    func isFull(for device: Device.ID) -> Bool { counts[device, default: 0] >= Self.deviceLimit }

    /// - Parameters:
    ///   - correlation: 128 random bits.
    ///   - deadline, again: since the start of the appliance.
    mutating func wait(
        _ correlation: String, device: Device.ID, until deadline: Duration, _ waiting: Waiting,
        again: [Duration] = [], resend: (topic: String, payload: [UInt8])? = nil
    ) {
        open[correlation] = Open(
            device: device, deadline: deadline, waiting: waiting, again: again, resend: resend)
        counts[device, default: 0] += 1
    }

    mutating func resolve(
        _ correlation: String, from device: Device.ID, _ result: Result<JSONValue, FleetFault>
    ) {
        guard let entry = open[correlation], entry.device == device else {
            dropped += 1
            return
        }
        end(correlation)
        entry.waiting.resume(returning: result)
    }

    /// To be said once more, for as long as somebody waits.
    typealias Again = (topic: String, payload: [UInt8], life: Duration)

    /// What is past its time ends; what is due is to be sent again.
    mutating func due(_ now: Duration) -> [Again] {
        var again: [Again] = []
        for (correlation, entry) in open {
            if entry.deadline <= now {
                end(correlation)
                entry.waiting.resume(
                    returning: .failure(.timedOut(correlation: correlation)))
            } else if let next = entry.again.first, next <= now, let resend = entry.resend {
                open[correlation]?.again.removeAll { $0 <= now }
                again.append((resend.topic, resend.payload, entry.deadline - now))
            }
        }
        return again
    }

    /// What a device that has just come back may have missed.
    func unanswered(by device: Device.ID, _ now: Duration) -> [Again] {
        guard counts[device] != nil else { return [] }
        return open.values.compactMap { entry in
            guard entry.device == device, entry.deadline > now, let resend = entry.resend else {
                return nil
            }
            return (resend.topic, resend.payload, entry.deadline - now)
        }
    }

    /// - Parameter device: `nil` for all.
    mutating func fail(_ device: Device.ID? = nil, _ fault: FleetFault) {
        for (correlation, entry) in open where device == nil || entry.device == device {
            end(correlation)
            entry.waiting.resume(returning: .failure(fault))
        }
    }

    private mutating func end(_ correlation: String) {
        guard let entry = open.removeValue(forKey: correlation) else { return }
        let left = counts[entry.device, default: 1] - 1
        counts[entry.device] = left > 0 ? left : nil
    }
}
