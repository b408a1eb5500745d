import Domain
import Testing

@Suite("What flows need around them") struct SurroundingsChangeTests {
    @Test("Modules that came, went or have another version are told, by name")
    func modules() {
        func module(_ name: String, _ version: String) -> NodeModule {
            NodeModule(name: name, version: version)
        }
        let change = SurroundingsChange(
            modules: (
                [module("s7", "3.1.0"), module("modbus", "5.0.0"), module("same", "1.0.0")],
                [module("same", "1.0.0"), module("s7", "3.2.0"), module("influx", "0.7.0")]
            ), environment: ([], []))
        #expect(change.modules.map(\.name) == ["influx", "modbus", "s7"])
        #expect(change.modules.map(\.from) == [nil, "5.0.0", "3.1.0"])
        #expect(change.modules.map(\.to) == ["0.7.0", nil, "3.2.0"])
        #expect(!change.isEmpty)
    }

    @Test("Environment variables are known by name only")
    func environment() {
        let change = SurroundingsChange(
            modules: ([], []), environment: (["A", "B"], ["B", "C"]))
        #expect(change.environment.map(\.name) == ["A", "C"])
        #expect(change.environment.map(\.change) == [.removed, .added])
    }
}
