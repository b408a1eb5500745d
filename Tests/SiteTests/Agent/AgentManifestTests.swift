import Basics
import Crypto
import Domain
import Testing

@testable import Site

@Suite("What a snapshot for a device is made of")
struct AgentManifestTests {
    private static func manifest(_ stack: String, _ modules: String) throws -> AgentManifest {
        let digest = Hex.encode(Digest.sha256([1]))
        return try AgentManifest(
            Array(
                """
                {"format":"lineside-device-snapshot/1","flows":{"digest":"\(digest)","size":1},
                "trees":[{"name":"stack","digest":"\(digest)","size":9,"architecture":"\(stack)"},
                {"name":"modules","digest":"\(digest)","size":7,"architecture":"\(modules)"}],
                "modules":[]}
                """.utf8))
    }

    @Test("names what is compiled for another machine, packages too")
    func misfit() throws {
        #expect(try Self.manifest("any", "any").misfit(on: "arm64") == nil)
        #expect(try Self.manifest("x64", "x64").misfit(on: "x64") == nil)
        #expect(try Self.manifest("any", "arm,arm64,x64").misfit(on: "arm64") == nil)
        #expect(
            try Self.manifest("x64", "any").misfit(on: "arm64") == "The stack is built for x64")
        #expect(
            try Self.manifest("any", "x64").misfit(on: "arm64")
                == "A node package is built for x64")
        #expect(try Self.manifest("any", "any").stack?.size == 9)
    }
}
