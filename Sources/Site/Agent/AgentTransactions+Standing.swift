import Basics
import Domain

/// Off or on, and who works on it: that is no part of the transaction and waits for none of its steps.
extension AgentTransactions {
    func isNews(_ document: DesiredDocument) -> Bool {
        if let standing, document.revision < standing.revision, document.time <= standing.time {
            return false
        }
        return ![committed, wanted].compactMap(\.self).contains {
            document.revision < $0.revision && document.time <= $0.time
        }
    }

    /// What a document says of off and on holds before, during and after the switch to its snapshot.
    func stand(_ document: DesiredDocument) async {
        let new = AgentStanding(document)
        let former = standing
        standing = new
        // A later time alone is not worth a write.
        let isSame =
            new.revision == former?.revision && new.run == former?.run && new.mode == former?.mode
        if !isSame || !isStandingSaved {
            do throws(SystemError) {
                try save { () throws(SystemError) in try parts.journal.save(new) }
                isStandingSaved = true
            } catch {
                isStandingSaved = false
                log.error("that it shall be \(new.run.rawValue) cannot be written down: \(error)")
            }
        }
        guard new.run != former?.run else { return }
        await parts.runtime.order(new.run)
        // What is off proves nothing; what is on again begins anew.
        if machine.record.phase == .probation { restartStep() }
    }
}
