import Basics
import Domain
import Testing

@Suite("Lists of devices out of a spreadsheet") struct CSVTableTests {
    private func rows(_ text: String) throws -> [DeviceImportRow] {
        try DeviceImportRow.rows(of: try CSVTable(Array(text.utf8)))
    }

    @Test(
        "Commas, semicolons, tabs, a byte order mark and any line ends read the same",
        arguments: [
            "name,type\nPress 7,controller\n", "name;type\r\nPress 7;controller\r\n",
            "\u{FEFF}Name\tTYPE\rPress 7\tcontroller", " name , type \n\n Press 7 ,controller\n\n",
            "\"name\",\"type\"\n\"Press 7\",\"controller\"",
        ])
    func forms(_ text: String) throws {
        let wishes = try rows(text).map { try #require($0.wish) }
        #expect(wishes.map(\.name.text) == ["Press 7"])
        #expect(wishes.map(\.type) == ["controller"])
    }

    @Test("Quotes hold separators, line breaks and quotes, and lines are counted on")
    func quotes() throws {
        let table = try CSVTable(Array("name,type\n\"a,\"\"b\"\"\nc\",x\nd,y\n".utf8))
        #expect(table.rows.map { table.text("name", in: $0) } == ["a,\"b\"\nc", "d"])
        #expect(table.rows.map(\.line) == [2, 4])
    }

    @Test("Each bad line has its reason, and the good ones stay good")
    func reasons() throws {
        let list = try rows("name,tags\nA,line=3 press\nA,\n,x\nB,f(x)\n")
        #expect(list[0].wish?.tags.map(\.text) == ["line=3", "press"])
        #expect(list[1].fault == "name stands in line 2 already")
        #expect(list[2].fault == "name must not be empty")
        #expect(list[3].fault?.contains("f(x)") == true)
    }

    @Test(
        "What cannot be a list is refused with its line",
        arguments: [
            ("", 1), ("type\nx\n", 1), ("name,name\nx,y\n", 1), ("name,colour\nx,y\n", 1),
            ("name\n\"x\n", 2), ("name\nx,y\n", 2), ("name\n\"x\"y\n", 2),
        ])
    func refused(_ text: String, _ line: Int) throws {
        let fault = #expect(throws: CSVTable.Fault.self) { _ = try rows(text) }
        #expect(fault?.line == line)
    }

    @Test("Bytes that are no UTF-8 and lists without end are refused")
    func hostile() {
        #expect(throws: CSVTable.Fault.self) {
            _ = try CSVTable(Array("name\n".utf8) + [0xFF, 0xFE, 0x80])
        }
        #expect(throws: CSVTable.Fault.self) {
            _ = try CSVTable(
                Array("name\n".utf8) + Array(repeating: UInt8(ascii: "x"), count: 10_000))
        }
        #expect(throws: CSVTable.Fault.self) {
            let text = "name\n" + (0...CSVTable.maximumRows).map { "d\($0)\n" }.joined()
            _ = try CSVTable(Array(text.utf8))
        }
    }
}
