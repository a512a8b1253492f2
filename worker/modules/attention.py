"""Self-attention that takes and gives one tensor."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class SelfAttention(nn.Module):
    """torch's `MultiheadAttention` of a sequence to itself, batch first: the same parameters, names and values."""

    def __init__(self, *, embed_dim: int, num_heads: int, causal: bool, bias: bool) -> None:
        """Every head matches and gathers `embed_dim / num_heads` features."""
        super().__init__()
        self.num_heads = num_heads
        self.causal = causal
        self.in_proj_weight = nn.Parameter(torch.empty(3 * embed_dim, embed_dim))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim)) if bias else None
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        nn.init.xavier_uniform_(self.in_proj_weight)
        if bias:
            nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        """What every time step gathers, for a batch [B, time, features]."""
        projected = functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        heads = projected.view(*x.shape[:2], 3, self.num_heads, -1)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        gathered = functional.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        out: Tensor = self.out_proj(gathered.transpose(1, 2).flatten(2))
        return out
