import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Flow test store") struct FlowTestStoreTests {
    private func test(_ name: String, _ text: String = "a") throws -> FlowTestCase {
        try FlowTestCase(
            text: Array(
                """
                {"format": "lineside-flow-test/1", "name": "\(name)",
                 "steps": [{"send": {"payload": "\(text)"}, "to": "n"}]}
                """.utf8))
    }

    private func run(
        _ instance: Instance, _ version: Version, at second: Int64
    ) -> FlowTestRun {
        FlowTestRun(
            id: .random(), instanceID: instance.id, versionID: version.id,
            versionNumber: version.number,
            startedAt: Timestamp(milliseconds: 1_800_000_000_000 + second * 1000), by: "anna",
            result: FlowTestResult(cases: [FlowTestOutcome(name: "A")]))
    }

    @Test("A test is kept, replaced and removed; its name is alone in its instance")
    func life() async throws {
        let factory = try await Factory()
        let tests = factory.stores.flowTests
        let instance = try await factory.instance("Press")
        let other = try await factory.instance("Oven")
        let kept = try await tests.insert(test("Hot"), for: instance.id, by: .site)
        #expect(try await tests.get(kept.id, of: instance.id) == kept)
        await #expect(throws: StoreError.self) {
            _ = try await tests.insert(try test("HOT"), for: instance.id, by: .site)
        }
        _ = try await tests.insert(test("Hot"), for: other.id, by: .site)
        let changed = try await tests.replace(
            kept.id, of: instance.id, with: test("Hot", "b"), by: .site)
        #expect(changed.definition != kept.definition)
        await #expect(throws: StoreError.notFound("The test")) {
            _ = try await tests.replace(kept.id, of: other.id, with: try test("X"), by: .site)
        }
        try await tests.delete(kept.id, of: instance.id, by: .site)
        #expect(try await tests.list(of: instance.id) == [])
        let kinds = try await factory.stores.audit.list(.init(kind: "flow-test")).items
            .map(\.event.kind)
        #expect(
            kinds == [
                "flow-test.removed", "flow-test.changed", "flow-test.created",
                "flow-test.created",
            ])
    }

    @Test("The newest run over each version is found, and unfinished ones are")
    func runs() async throws {
        let factory = try await Factory()
        let runs = factory.stores.flowTestRuns
        let instance = try await factory.instance("Press")
        let first = try await factory.version(of: instance, flows: 1)
        let second = try await factory.version(of: instance, flows: 2)
        let third = try await factory.version(of: instance, flows: 3)
        var old = run(instance, first, at: 1)
        var new = run(instance, first, at: 3)
        let open = run(instance, second, at: 2)
        for one in [old, new, open] { try await runs.insert(one, by: .site) }
        old.finish(at: old.startedAt)
        new.result.cases[0].state = .passed
        new.finish(at: new.startedAt)
        try await runs.update(old)
        try await runs.update(new)
        let found = try await runs.newest(over: [first.id, second.id, third.id])
        #expect(found == [first.id: new, second.id: open])
        #expect(try await runs.unfinished() == [open])
        let page = try await runs.list(of: instance.id, PageRequest(limit: 2))
        #expect(page.items == [new, open] && page.count == 3)
        let rest = try await runs.list(of: instance.id, PageRequest(limit: 2, cursor: page.next))
        #expect(rest.items == [old])
    }

    @Test("Of many runs the newest hundred are kept")
    func forgotten() async throws {
        let factory = try await Factory()
        let runs = factory.stores.flowTestRuns
        let instance = try await factory.instance("Press")
        let version = try await factory.version(of: instance)
        for second in 0..<105 {
            var one = run(instance, version, at: Int64(second))
            try await runs.insert(one, by: .site)
            one.finish(at: one.startedAt)
            try await runs.update(one)
        }
        #expect(try await runs.list(of: instance.id, PageRequest(limit: 1)).count == 100)
    }
}
