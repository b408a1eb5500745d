import Basics
import Testing

@testable import API

@Suite("Schema") struct SchemaTests {
    let schema = Schema.object(
        "Press",
        [
            .field("id", .identifier), .field("at", .time), .field("note", .optional(.text)),
            .field("state", .words(["on", "off"])), .field("tags", .list(.text), optional: true),
        ])

    func faults(_ text: String) throws -> [String] {
        schema.faults(in: try JSONReader.read(Array(text.utf8)))
    }

    @Test("What fits has no fault")
    func fits() throws {
        let text = #"""
            {"id":"abcdefghij0123456789","at":"2026-11-21T07:00:00.000Z","note":null,"state":"on"}
            """#
        #expect(try faults(text) == [])
    }

    @Test("A missing, an undescribed and a wrong field are each named")
    func names() throws {
        let text = #"{"id":"UP","at":"now","state":"idle","tags":["a",1],"extra":1}"#
        #expect(
            try faults(text) == [
                "$.extra is not described", "$.id is no lineside-id: UP",
                "$.at is no date-time: now",
                "$.note is missing", "$.state may not be “idle”", "$.tags[1] is of the wrong kind",
            ])
    }
}
