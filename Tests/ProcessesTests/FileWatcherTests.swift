import Basics
import FoundationEssentials
import Glibc
import Processes
import Testing

@Suite("File watcher", .timeLimit(.minutes(10))) struct FileWatcherTests {
    @Test("A change of the file is told, and none after the watch has gone")
    func changes() async throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString)"
        try Files.replace(path, with: [])
        defer { try? Files.removeTree(path) }
        let watcher = try FileWatcher()
        let (told, tell) = AsyncStream.makeStream(of: Void.self)
        do {
            let watch = try watcher.watch(path) { tell.yield() }
            try append(path)
            var iterator = told.makeAsyncIterator()
            #expect(await iterator.next() != nil)
            withExtendedLifetime(watch) {}
        }
        tell.finish()
        try append(path)
    }

    @Test("Many watchers come and go without taking each other's events")
    func reuse() async throws {
        for _ in 0..<50 {
            let path = "\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString)"
            try Files.replace(path, with: [])
            defer { try? Files.removeTree(path) }
            let watcher = try FileWatcher()
            let (told, tell) = AsyncStream.makeStream(of: Void.self)
            let watch = try watcher.watch(path) { tell.yield() }
            try append(path)
            var iterator = told.makeAsyncIterator()
            #expect(await iterator.next() != nil)
            withExtendedLifetime(watch) {}
        }
    }

    private func append(_ path: String) throws {
        guard let file = FileDescriptor(owning: open(path, O_WRONLY | O_APPEND | O_CLOEXEC)) else {
            throw SystemError("open \(path)")
        }
        try Files.write([0x78], to: file, path)
    }
}
