import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Testing

@Suite("The broker's users on a full disk", .timeLimit(.minutes(10))) struct FullBrokerDiskTests {
    @Test("Who is removed is not in the file that a new broker reads")
    func removed() async throws {
        let directory = try TemporaryDirectory()
        guard let small = try SmallFileSystem(directory.path) else {
            print("skipped: a file system of 1 MB needs root")
            return
        }
        defer { small.end() }
        let files = BrokerFiles("\(small.path)/broker")
        let access = BrokerAccess(files: files, link: BrokerLink())
        let rules = [AccessRule(stored: .both, "cell/1/#")]
        try await access.replaceAll([
            .known("a", "secret", rules: rules), .known("b", "secret", rules: rules),
        ])
        small.fill()
        try? await access.remove(["a"])
        let text = String(decoding: try Files.read(files.access), as: UTF8.self)
        let after = text.split(separator: "\n").map(String.init)
        let isGone =
            !after.contains { $0.hasPrefix("u a ") } || after.contains("d a")
        #expect(isGone, "\(text)")
        #expect(after.contains { $0.hasPrefix("u b ") })
        #expect(after.last?.hasPrefix("e ") == true)
    }
}
