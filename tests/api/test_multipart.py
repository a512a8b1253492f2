"""A form means the same however its bytes are cut into pieces."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.api.multipart import Form, boundary_of

FILE = b"a,b,y\r\n1,2,x\r\n--cu\r\n--cut \r\n\r\n--cuts"
BODY = (
    b'--cut\r\nContent-Disposition: form-data; name="name"\r\n\r\nan \xe2\x88\x82 name\r\n'
    b'--cut\r\ncontent-disposition: form-data; name="file"; filename="x.csv"\r\nContent-Type: text/csv\r\n\r\n'
    + FILE.replace(b"\r\n--cut ", b"\r\n-cut ")
    + b'\r\n--cut\r\nContent-Disposition: form-data; name="target"\r\n\r\n\r\n--cut--\r\n'
)


@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=12).map(sorted))
def test_pieces(cuts: list[int]) -> None:
    form = Form(boundary_of("multipart/form-data; boundary=cut"), ["name", "target"])
    ends = [0, *cuts, len(BODY)]
    found = [piece for start, end in pairwise(ends) for piece in form.feed(BODY[start:end])]
    assert b"".join(found) == FILE.replace(b"\r\n--cut ", b"\r\n-cut ")
    assert form.values == {"name": "an ∂ name", "target": ""}
    assert (form.file_name, form.complete) == ("x.csv", True)
