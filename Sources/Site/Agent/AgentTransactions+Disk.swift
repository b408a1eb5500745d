import Basics
import Domain

/// What cannot be written down now is not forgotten.
extension AgentTransactions {
    /// What is held back of the disk is for this.
    func save(_ body: () throws(SystemError) -> Void) throws(SystemError) {
        do throws(SystemError) {
            do throws(SystemError) { try body() } catch {
                guard error.isFull, parts.disk.release() else { throw error }
                try body()
            }
            diskTrouble = nil
        } catch {
            // Tried again for as long as it takes: once is enough to say.
            if diskTrouble == nil { log.error("nothing can be written down: \(error)") }
            diskTrouble = error.diskSentence
            change.yield()
            throw error
        }
    }

    func saveLater() {
        guard saving == nil else { return }
        saving = Task { [weak self, patience = parts.patience] in
            do { try await Task.sleep(for: patience) } catch { return }
            await self?.saveAgain()
        }
    }

    private func saveAgain() async {
        saving = nil
        guard let (document, retry) = unsaved else { return }
        _ = try? await desire(document, retry: retry)
    }
}
