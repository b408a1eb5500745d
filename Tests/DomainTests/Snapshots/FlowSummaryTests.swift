import Basics
import Domain
import Testing

@Suite("Flow summary") struct FlowSummaryTests {
    let tab = #"{"id":"t1","type":"tab","label":"Line 3"}"#
    let other = #"{"id":"t2","type":"tab","label":"Press"}"#

    func node(_ id: String, _ tab: String = "t1", extra: String = "", x: Int = 100) -> String {
        #"{"id":"\#(id)","type":"function","z":"\#(tab)","x":\#(x),"y":5\#(extra)}"#
    }

    func flows(_ nodes: String...) -> [UInt8] {
        Array("[\(nodes.joined(separator: ","))]".utf8)
    }

    @Test("The first version says what there is")
    func first() {
        #expect(
            FlowSummary(flows(tab, node("a"), node("b")), since: nil).text
                == "First version: 2 nodes on 1 tab")
        #expect(FlowSummary(flows(), since: nil).text == "First version: 0 nodes on 0 tabs")
    }

    @Test("Added, changed, removed and moved nodes are counted, with the tab where they are")
    func counts() {
        let before = flows(tab, node("a"), node("b"), node("c"))
        #expect(
            FlowSummary(
                flows(
                    tab, node("a", extra: #","func":"x""#), node("b", x: 200), node("d"),
                    node("e")), since: before
            ).text == "2 nodes added, 1 changed, 1 removed, 1 moved on Line 3")
        #expect(
            FlowSummary(flows(tab, node("a"), node("b")), since: before).text
                == "1 node removed on Line 3")
    }

    @Test("Changes on several tabs and of tabs themselves are told")
    func tabs() {
        let before = flows(tab, other, node("a"), node("b", "t2"))
        #expect(
            FlowSummary(
                flows(tab, other, node("a", x: 1), node("b", "t2", x: 1)), since: before
            ).text == "2 nodes moved on 2 tabs")
        #expect(
            FlowSummary(flows(tab, node("a")), since: before).text
                == "1 node removed on Press, tab Press removed")
        #expect(
            FlowSummary(
                flows(tab, #"{"id":"t2","type":"tab","label":"Saw"}"#, node("a"), node("b", "t2")),
                since: before
            ).text == "Tab Saw changed")
    }

    @Test("The order of nodes and of their fields is no change")
    func order() {
        let before = flows(tab, node("a"))
        let after = flows(#"{"y":5,"x":100,"z":"t1","type":"function","id":"a"}"#, tab)
        #expect(FlowSummary(after, since: before).text == "No changes")
        #expect(
            FlowSummary(after, since: before, credentialsChanged: true).text
                == "Credentials changed")
    }

    @Test("What is no flows.json is said to be none", arguments: ["", "{}", "[1]", "[{}]"])
    func broken(text: String) {
        let broken = Array(text.utf8)
        #expect(FlowSummary(broken, since: nil).text == "Flows that could not be compared")
        #expect(
            FlowSummary(flows(tab), since: broken).text
                == "0 nodes on 1 tab, after flows that could not be compared")
    }

    @Test("Flows of millions of values are not compared")
    func crowded() {
        let zeros = [[UInt8]](repeating: Array("0,".utf8), count: 2_000_001).joined()
        let text = Array(#"[{"id":"a","type":"tab","x":["#.utf8) + zeros + Array("0]}]".utf8)
        #expect(FlowSummary(text, since: nil).text == "Flows that could not be compared")
        let nodes = (0..<1000).map { #"{"id":"\#($0)","type":"x"}"# }.joined(separator: ",")
        let some = Array("[\(nodes)]".utf8)
        #expect(FlowSummary(some, since: nil).text == "First version: 1000 nodes on 0 tabs")
    }
}
