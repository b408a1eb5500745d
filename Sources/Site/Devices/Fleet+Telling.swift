import Basics
import Domain

/// What stands in the way of telling a device what it shall be. Somebody must hear of it: the device
/// itself goes on as it is and reports nothing wrong.
extension Fleet {
    /// 5 minutes: nothing that is over by itself is worth an alarm.
    private static let patience = Duration.seconds(300)

    func couldNotTell(_ id: Device.ID, _ error: any Error) {
        log.warning("device \(id) could not be told what it shall be: \(error)")
        // A broker that is away has an alarm of its own.
        guard !(error is FleetFault) else { return }
        let reason =
            switch error {
            case let fault as DeviceContentFault: fault.description
            case let fault as VersionFault: fault.description
            default:
                "Something of what it shall run cannot be read; the log of the server says what."
            }
        obstruct(id, "It cannot be told what it shall run. \(reason)")
    }

    /// It was told, and does not take it on.
    func note(refusal: String, by id: Device.ID) {
        if obstruct(id, "It does not take what it shall run. \(refusal)") {
            log.warning("device \(id) does not take what it shall be: \(refusal)")
        }
    }

    /// - Returns: whether that is news.
    @discardableResult
    private func obstruct(_ id: Device.ID, _ text: String) -> Bool {
        let isNews = untold[id]?.text != text
        untold[id] = (untold[id]?.since ?? parts.clock.elapsed, text)
        guard isNews else { return false }
        book.put(obstacle: text, of: id)
        noteChange(id)
        return true
    }

    func couldTell(_ id: Device.ID) {
        guard untold.removeValue(forKey: id) != nil else { return }
        book.put(obstacle: nil, of: id)
        noteChange(id)
    }

    /// What an alarm is due for by now.
    func lastingObstacle(_ id: Device.ID) -> String? {
        guard let untold = untold[id], parts.clock.elapsed - untold.since >= Self.patience else {
            return nil
        }
        return untold.text
    }
}
