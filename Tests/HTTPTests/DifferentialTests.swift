import FoundationEssentials
import Glibc
import HTTP
import LinesideTesting
import Testing

/// Node.js stands behind the proxy: what we take, it must read as we do. We refuse much that it
/// takes (bare line feeds in chunks, hosts missing or twice, dot segments, absolute URLs, odd
/// transfer codings): that is on purpose, and the tests of the parser say so one by one.
@Suite("Differential against llhttp") struct DifferentialTests {
    static let node: String? = ["/usr/bin/node", "/usr/local/bin/node"].first {
        access($0, X_OK) == 0
    }

    private func ask(_ inputs: [[UInt8]]) throws -> [String] {
        let directory = try TemporaryDirectory()
        let script =
            URL(filePath: #filePath).deletingLastPathComponent().path + "/Differential/llhttp.js"
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for input in inputs {
            text.append(UInt8(ascii: "x"))
            for byte in input { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
            text.append(UInt8(ascii: "\n"))
        }
        try Data(text).write(to: URL(filePath: "\(directory.path)/in"))
        let node = try #require(Self.node)
        let status = system(
            "'\(node)' --no-deprecation '\(script)' '\(directory.path)/in' > '\(directory.path)/out'"
        )
        try #require(status == 0)
        let out = try Data(contentsOf: URL(filePath: "\(directory.path)/out"))
        return String(decoding: out, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(
        "Every whole request that we take is the same request to Node.js", .enabled(if: node != nil)
    )
    func agrees() throws {
        let corpus = try FuzzTests.corpus.map(\.bytes).filter { $0.first == UInt8(ascii: "Q") }
        var mutator = Mutator(seed: 7)
        var inputs = corpus.map { Array($0.dropFirst()) }
        for _ in 0..<(FuzzTests.isLong ? 2000 : 100) {
            for entry in corpus {
                inputs.append(Array(mutator.mutate(entry, with: corpus).dropFirst()))
            }
        }
        let answers = try ask(inputs)
        #expect(answers.count == inputs.count)
        var compared = 0
        for (input, answer) in zip(inputs, answers) {
            let ours = try FuzzTarget.readRequests(input).messages.filter(\.isWhole)
            let theirs = answer.split(separator: "\u{1}").dropLast().map(String.init)
            for (index, message) in ours.enumerated() {
                // Node.js has a list of methods; ours is whatever a token may be.
                guard Self.methods.contains(message.method) else { break }
                let digits = message.body.map { byte in
                    let hex = String(byte, radix: 16)
                    return hex.count == 1 ? "0" + hex : hex
                }
                let text = "\(message.method) \(message.target) \(digits.joined())"
                let their = index < theirs.count ? theirs[index] : "none: \(answer)"
                if text != their {
                    let wire = String(decoding: input, as: UTF8.self)
                    Issue.record("we read \(text), Node.js \(their) in \(wire.debugDescription)")
                    return
                }
                compared += 1
            }
        }
        #expect(compared > inputs.count / 10)
    }

    private static let methods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS",
    ]
}
