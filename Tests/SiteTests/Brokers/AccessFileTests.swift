import Basics
import Domain
import Testing

@testable import Site

@Suite("Access file") struct AccessFileTests {
    private let rules = [AccessRule(stored: .both, "a/#")]

    private func text(_ bytes: [UInt8]?) -> String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("A change says what is new, each set of rules once")
    func change() {
        var file = AccessFile(generation: 7)
        let users = ["x", "y"].map { BrokerUser(name: $0, secretDigest: [1, 2], rules: rules) }
        #expect(
            text(file.change(put: users))
                == "g 8\nr s1 2\nk a/#\ns a/#\nu x - 0102 s1\nu y - 0102 s1\ne 8\n")
        #expect(file.change(put: users) == nil)
        #expect(file.change(remove: ["z"], kick: ["z"]) == nil)
        #expect(text(file.change(remove: ["x"], kick: ["y"])) == "g 9\nd x\nk y\ne 9\n")
        #expect(
            text(file.whole)
                == "lineside-access 1\ng 9\nr s1 2\nk a/#\ns a/#\nu y - 0102 s1\ne 9\n")
    }

    @Test("A device's letters stand behind it; what the plugin would refuse is never written")
    func values() throws {
        var file = AccessFile(generation: 0)
        let (team, device) = (Team.ID.random(), Device.ID.random())
        let user = BrokerUser(
            name: "device:\(team):\(device)", secretDigest: nil, mayUseCertificate: true,
            rules: [AccessRule(stored: .publish, "b/%d")], team: team, device: device)
        let bad = ["a b", "lineside", "", "a\nu evil - - s1", "a/b", "é\u{7F}"].map {
            BrokerUser(name: $0, secretDigest: nil, rules: rules)
        }
        #expect(
            text(file.change(put: bad + [user]))
                == "g 1\nr s1 1\nk b/%d\nu device:\(team):\(device) c - s1 t=\(team) "
                + "d=\(device)\ne 1\n")
    }

    @Test("What may be published and not retained says so")
    func unretained() {
        var file = AccessFile(generation: 0)
        let user = BrokerUser(name: "x", secretDigest: nil, rules: TopicGrammar.agent)
        let written = text(file.change(put: [user])) ?? ""
        #expect(written.contains("\np ls/v1/%t/d/%d/status\n") && !written.contains("\nk "))
    }

    @Test("All that there is takes the place of all that there was")
    func replaced() {
        var file = AccessFile(generation: 1)
        _ = file.change(put: [BrokerUser(name: "old", secretDigest: nil, rules: [])])
        file.replace([BrokerUser(name: "new", secretDigest: nil, rules: rules)])
        #expect(
            text(file.whole)
                == "lineside-access 1\ng 3\nr s2 2\nk a/#\ns a/#\nu new - - s2\ne 3\n")
    }
}
