import Testing

@testable import Site

@Suite("Presence roll") struct PresenceRollTests {
    private func tell(_ roll: inout PresenceRoll, _ text: String) -> (Set<String>, Bool) {
        let (events, isComplete) = roll.read(text)
        let words = events.map { event in
            switch event {
            case .came(let name, let address): "+\(name)\(address ?? "")"
            case .left(let name): "-\(name)"
            case .link: "link"
            }
        }
        return (Set(words), isComplete)
    }

    @Test("Events before the first list wait for it, since it has them too")
    func list() {
        var roll = PresenceRoll()
        #expect(tell(&roll, "+ 4 a 10.0.0.1") == ([], true))
        #expect(tell(&roll, "= a b") == ([], true))
        #expect(tell(&roll, "= c") == ([], true))
        #expect(tell(&roll, ". 4") == (["+a", "+b", "+c"], true))
        #expect(tell(&roll, "- 5 b") == (["-b"], true))
        #expect(tell(&roll, "+ 6 d 10.0.0.2") == (["+d10.0.0.2"], true))
    }

    @Test("A gap in the numbers is told, and the next list puts everything right")
    func gap() {
        var roll = PresenceRoll()
        #expect(tell(&roll, "= a b") == ([], true))
        #expect(tell(&roll, ". 1") == (["+a", "+b"], true))
        #expect(tell(&roll, "+ 3 c x") == (["+cx"], false))
        #expect(tell(&roll, "= a c") == ([], true))
        #expect(tell(&roll, ". 3") == (["-b"], true))
        #expect(tell(&roll, "- 2 a") == ([], true), "an old event")
    }

    @Test("What is no event changes nothing")
    func nonsense() {
        var roll = PresenceRoll()
        #expect(tell(&roll, ". 0") == ([], true))
        for text in ["", " ", "+", "+ x a", "- 1", "?", ". x"] {
            #expect(tell(&roll, text) == ([], true))
        }
    }
}
