import Basics
import FoundationEssentials
import Testing

@Suite("File lock") struct FileLockTests {
    @Test("A second taker is refused until the first lets go")
    func exclusive() throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "lineside-lock-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            let first = try FileLock.take(path)
            let held = first != nil
            #expect(held)
            let second = try FileLock.take(path) == nil
            #expect(second)
            _ = consume first
        }
        // Patient: another test that starts a program just now may hold a copy for a moment.
        let again = try FileLock.take(path, patience: .seconds(240)) != nil
        #expect(again)
    }

    @Test("Who is patient gets it once the holder has gone")
    func patience() async throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "lineside-lock-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try FileLock.take(path)
        let refused = try FileLock.take(path) == nil
        #expect(refused)
        let waiter = Task.detached { try FileLock.take(path, patience: .seconds(240)) != nil }
        _ = consume first
        #expect(try await waiter.value)
    }

    @Test("A link in the lock's place is not followed")
    func link() throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "lineside-lock-\(UUID().uuidString)").path
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: "\(path)-elsewhere")
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: SystemError.self) { _ = try FileLock.take(path) }
        #expect(!FileManager.default.fileExists(atPath: "\(path)-elsewhere"))
    }
}
